import {
  parseJsonDocument,
  parseLargeJson,
  type RequestSource,
} from "@llm-proxy/core";
import type { Exchange } from "./exchange.ts";
import type { RequestContext } from "./endpoints.ts";
import { MAX_UPLOAD } from "./_form_body.ts";
import { giveWay } from "./_give_way.ts";
import { isFreeRequest, passedTerms } from "./_passed_terms.ts";

const MIB = 1024 * 1024;
/** What may be JSON, whatever it is called: forms and sounds are none. */
const TEXT =
  /^(?:text\/|application\/(?:[\w.-]+\+)?json\b|application\/x-www-form-urlencoded\b)/i;

/**
 * The body of a request that passes as it is. Where budgets pay for it, one that
 * may be JSON is read first, for what bounds its cost; everything else goes from
 * the caller to the provider as fast as that takes it.
 *
 * @returns Nothing where it has none.
 * @throws {GatewayError} what {@linkcode Exchange.body} throws.
 */
export async function passedBody(
  context: RequestContext,
  path: string,
): Promise<RequestSource | undefined> {
  const { exchange, gateway, record } = context;
  const account = record.account?.isBudgeted ? record.account : undefined;
  if (account === undefined || isFreeRequest(exchange.method, path)) {
    account?.pass({ isFree: true });
    return hasBody(exchange) ? exchange.source(MAX_UPLOAD) : undefined;
  }
  const cap = gateway.config.server.max_body_mb * MIB;
  if (!hasBody(exchange) || !isReadable(exchange, cap)) {
    account.pass(passedTerms(path, undefined));
    return hasBody(exchange) ? exchange.source(MAX_UPLOAD) : undefined;
  }
  const bytes = await record.waiting.during(exchange.body(cap));
  const { admitted } = record;
  if (admitted && exchange.header("content-length") === undefined) {
    gateway.limits.measured(admitted, bytes.length);
  }
  account.pass({
    ...passedTerms(path, await valueOf(context, bytes)),
    body: new TextDecoder().decode(bytes),
  });
  return {
    length: bytes.length,
    async pump(take): Promise<void> {
      await take(bytes);
    },
  };
}

function isReadable(exchange: Exchange, cap: number): boolean {
  const encoding = exchange.header("content-encoding") ?? "identity";
  const length = Number(exchange.header("content-length") ?? 0);
  return encoding === "identity" && length <= cap &&
    TEXT.test(exchange.header("content-type") ?? "text/plain");
}

/** What is no JSON is the provider's to refuse. */
async function valueOf(
  context: RequestContext,
  bytes: Uint8Array,
): Promise<unknown> {
  const pause = giveWay(context, bytes.length);
  await pause;
  try {
    const document = pause === undefined
      ? parseJsonDocument(bytes)
      : await parseLargeJson(bytes, {
        pause: async () => await giveWay(context, bytes.length),
      });
    return document.value;
  } catch {
    context.exchange.signal.throwIfAborted();
    return undefined;
  }
}

function hasBody(exchange: Exchange): boolean {
  return exchange.header("transfer-encoding") !== undefined ||
    Number(exchange.header("content-length") ?? 0) > 0;
}
