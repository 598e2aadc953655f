import { GatewayError } from "@llm-proxy/core";
import { createHash } from "node:crypto";
import { BodyDigest } from "./_body_digest.ts";
import { MAX_UPLOAD } from "./_form_body.ts";
import { OnceExchange } from "./_once_exchange.ts";
import { type KeptReply, OnceTurn } from "./_once_turn.ts";
import { queryOf } from "./_query.ts";
import { replyHeaders } from "./_reply_headers.ts";
import type { Route } from "./dispatch.ts";
import type { RequestContext } from "./endpoints.ts";
import type { Exchange } from "./exchange.ts";
import { checkPrint } from "./idempotent_answers.ts";

/** What a key looks like: drawn at random, a UUID mostly. */
const KEY = /^[!-~]{1,255}$/;
/** Headers of an answer that are told again as they were; the others speak of one request. */
const SAME = new Set([
  "content-type",
  "content-disposition",
  "x-llm-proxy-provider",
  "x-llm-proxy-model",
  "x-llm-proxy-loss",
  "x-llm-proxy-condensed",
]);
const MIB = 1024 * 1024;

/**
 * Serves a request with an `Idempotency-Key` once: who sends the same again is
 * given the same answer, with the header `idempotent-replayed: true`. An error
 * is no answer: the same key tries again.
 *
 * @throws {GatewayError} 400 `invalid_idempotency_key`, what
 * {@linkcode IdempotentAnswers.take} throws, and whatever `handle` throws.
 */
export async function serveOnce(
  context: RequestContext,
  { key, handle }: {
    readonly key: string;
    readonly handle: Route["handle"];
  },
): Promise<void> {
  if (!KEY.test(key)) {
    throw new GatewayError(
      "invalid_request",
      "An Idempotency-Key must have 1 to 255 printable ASCII characters without spaces",
      { code: "invalid_idempotency_key" },
    );
  }
  const { gateway, exchange, record } = context;
  const body = await bodyOf(context);
  const digest = body === undefined ? digestFor(exchange) : undefined;
  const taken = await record.waiting.during(
    gateway.parts.idempotent.take({
      owner: record.key ?? "",
      key,
      print: printOf(context, { body, hasMore: digest !== undefined }),
    }),
  );
  if (!(taken instanceof OnceTurn)) {
    if (digest !== undefined) await checkBody(context, { digest, kept: taken });
    return replay(context, taken);
  }
  const once = new OnceExchange(exchange, { turn: taken, body, digest });
  try {
    await handle({ ...context, exchange: once });
  } finally {
    once.close();
  }
}

/** The body, where it is JSON; others are of any size, and pass by. */
async function bodyOf(
  { gateway, exchange, record }: RequestContext,
): Promise<Uint8Array | undefined> {
  const type = exchange.header("content-type") ?? "";
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) return undefined;
  const { max_body_mb: cap } = gateway.config.server;
  return await record.waiting.during(exchange.body(cap * MIB));
}

/** What takes the digest of a body that passes by; `undefined` where there is none. */
function digestFor(exchange: Exchange): BodyDigest | undefined {
  const type = exchange.header("content-type");
  const hasBody = type !== undefined ||
    exchange.header("transfer-encoding") !== undefined ||
    Number(exchange.header("content-length") ?? 0) > 0;
  return hasBody ? new BodyDigest(type ?? "") : undefined;
}

/** A digest of what is asked, but for a body that passes by. */
function printOf(
  { exchange }: RequestContext,
  { body, hasMore }: {
    readonly body: Uint8Array | undefined;
    readonly hasMore: boolean;
  },
): string {
  const query = new URLSearchParams(queryOf(exchange.target));
  query.delete("key");
  const head = [exchange.path, query.toString()];
  if (hasMore) head.push("a body");
  const hash = createHash("sha256").update(JSON.stringify(head));
  return hash.update(body ?? "").digest("base64url");
}

/** Reads a body that was not read before the answer was found, and lets go of it piece by piece. */
async function checkBody(
  { exchange, record }: RequestContext,
  { digest, kept }: {
    readonly digest: BodyDigest;
    readonly kept: KeptReply;
  },
): Promise<void> {
  const source = exchange.source(MAX_UPLOAD);
  await record.waiting.during(source.pump((chunk) => digest.update(chunk)));
  checkPrint(kept.asked ?? "", digest.end());
}

/** Tells an answer that was told before: for free, and under an id of its own. */
function replay({ exchange, record }: RequestContext, kept: KeptReply): void {
  const headers = replyHeaders(record);
  headers["idempotent-replayed"] = "true";
  for (const [name, value] of Object.entries(kept.headers)) {
    if (SAME.has(name)) headers[name] = value;
  }
  record.account?.secure();
  record.cache = "replay";
  record.status = kept.status;
  record.stream = kept.isStream;
  const isText = /\bjson\b/i.test(headers["content-type"] ?? "");
  if (!kept.isStream && isText) {
    const body = new TextDecoder().decode(kept.body);
    return exchange.send(kept.status, headers, body);
  }
  const reply = exchange.stream(kept.status, headers);
  void reply.write(kept.body);
  reply.end();
}
