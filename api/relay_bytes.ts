import { UsageTail } from "@llm-proxy/core/passing";
import { replyHeaders } from "./_reply_headers.ts";
import type { Answering } from "./endpoints.ts";
import type { Prepared } from "./prepared.ts";
import type { ByteReplyStream } from "./exchange.ts";

/** Headers of a provider's answer that say what its body is. */
const DESCRIBING = ["content-type", "content-disposition"] as const;

/**
 * Relays an answer as bytes: sound, pictures, JSON, events of a form of their
 * own. What a slow client has not taken is not read from the provider. An
 * answer that breaks off breaks off for the client too.
 *
 * @throws {GatewayError} when it breaks off.
 */
export function relayBytes<T extends Prepared>(
  answering: Answering<T>,
): Promise<void> {
  const { context: { record }, response } = answering;
  return relayWith(answering, () => {
    const headers = replyHeaders(record, response.headers);
    for (const name of DESCRIBING) {
      const value = response.headers[name];
      if (value !== undefined) headers[name] = headerValue(value);
    }
    headers["cache-control"] = "no-store";
    return headers;
  });
}

/** Relays an answer under headers that are made when its first byte is there. */
export async function relayWith<T extends Prepared>(
  { context, routed, trace, clock, response }: Answering<T>,
  headersOf: () => Record<string, string>,
): Promise<void> {
  const { exchange, record } = context;
  const { status, body } = response;
  const tail = new UsageTail();
  let reply: ByteReplyStream | undefined;
  const open = (): void => {
    routed.commit();
    record.answers(trace);
    record.status = status;
  };
  try {
    await record.waiting.during(body.pump((chunk) => {
      clock.progress();
      tail.add(chunk);
      if (reply === undefined) {
        open();
        reply = exchange.stream(status, headersOf());
      }
      const full = reply.write(chunk);
      if (full === undefined) return undefined;
      clock.enter("client");
      return full.then(() => clock.enter("idle"));
    }));
    if (reply === undefined) {
      open();
      exchange.send(status, headersOf(), "");
    } else reply.end();
  } catch (error) {
    reply?.cut();
    throw error;
  } finally {
    record.usage = tail.usage();
    if (record.usage !== undefined) routed.used(record.usage.total);
  }
}

/** Keeps a foreign value from breaking out of its header (C12). */
export function headerValue(value: string): string {
  return value.replace(/[^\t\x20-\x7e]/g, "?").slice(0, 4096);
}
