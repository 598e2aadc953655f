import type { GatewayError } from "@llm-proxy/core";
import { openAiChatClient } from "@llm-proxy/core/dialects";
import { UsageScan } from "@llm-proxy/core/passing";
import { replyHeaders } from "./_reply_headers.ts";
import { scrubError } from "./_scrub_error.ts";
import { toldError } from "./relay_stream.ts";
import type { Answering } from "./endpoints.ts";
import type { Prepared } from "./prepared.ts";
import type { ByteReplyStream } from "./exchange.ts";

const LF = 10;
const CR = 13;
/** What asks no model: answers of earlier requests, files and lists tell counts that were booked before. */
const FREE: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "DELETE",
  "OPTIONS",
]);
/** Whether requests of this method ask no model. */
export function isFreeMethod(method: string): boolean {
  return FREE.has(method);
}

/** Headers of a provider's answer that say what its body is. */
const DESCRIBING = ["content-type", "content-disposition"] as const;

/**
 * Relays an answer as bytes: sound, pictures, JSON, events of a form of their
 * own. What a slow client has not taken is not read from the provider. An
 * answer that breaks off breaks off for the client too, behind an error event
 * where it is one of events and none of these is cut (L4, L13).
 *
 * @throws {GatewayError} when it breaks off.
 */
export function relayBytes<T extends Prepared>(
  answering: Answering<T>,
): Promise<void> {
  const { context: { record }, response } = answering;
  return relayWith(answering, { headersOf });

  function headersOf(): Record<string, string> {
    const headers = replyHeaders(record, response.headers);
    for (const name of DESCRIBING) {
      const value = response.headers[name];
      if (value !== undefined) headers[name] = headerValue(value);
    }
    return headers;
  }
}

/** How an answer is relayed. */
export interface RelayOptions {
  /** Makes the headers, when its first byte is there. */
  readonly headersOf: () => Record<string, string>;
  /** Tells which model has answered, of the one that the answer names. @default {that of the route} */
  readonly modelOf?: (named: string | undefined) => string | undefined;
  /** Whether it costs nothing, whatever it tells. @default {for methods that ask no model} */
  readonly isFree?: boolean;
}

/** Relays an answer under headers of its own; what it tells to have come to is booked. */
export async function relayWith<T extends Prepared>(
  { context, routed, trace, clock, response }: Answering<T>,
  { headersOf, modelOf, isFree }: RelayOptions,
): Promise<void> {
  const { exchange, record } = context;
  const { status, headers, body } = response;
  trace.isFree = isFree ?? isFreeMethod(exchange.method);
  const scan = trace.isFree ? undefined : new UsageScan();
  const isEvents = headers["content-type"]?.startsWith("text/event-stream");
  let isBetween = true;
  let reply: ByteReplyStream | undefined;
  const open = (): void => {
    routed.commit();
    record.answers(trace);
    record.status = status;
  };
  try {
    await record.waiting.during(body.pump((chunk) => {
      clock.progress();
      scan?.add(chunk);
      if (isEvents) {
        trace.progress += eventsIn(chunk);
        isBetween = endsEvent(chunk);
      }
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
    if (isEvents && isBetween) {
      const told = scrubError(toldError(error), { trace });
      reply?.write(errorEvent(told, record.id));
    }
    reply?.cut();
    throw error;
  } finally {
    trace.usage = record.usage = scan?.usage();
    trace.servedModel = scan && modelOf?.(scan.model());
    if (record.usage !== undefined) routed.used(record.usage.total);
  }
}

/** How many events a piece ends, one at least: most are of a token. */
function eventsIn(chunk: Uint8Array): number {
  let events = 0;
  for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) {
    if (chunk[at + 1] === LF) events++;
  }
  return Math.max(1, events);
}

/** Whether a piece ends with an event; whether one that is shorter does is not asked. */
function endsEvent(chunk: Uint8Array): boolean {
  return chunk.at(-1) === LF &&
    (chunk.at(-2) === LF || chunk.at(-2) === CR && chunk.at(-3) === LF);
}

/** An error in a form that clients of OpenAI's and of Anthropic's events take for one. */
function errorEvent(error: GatewayError, requestId: string): string {
  const { error: told } = JSON.parse(
    openAiChatClient.encodeError(error, requestId),
  );
  return `event: error\ndata: ${
    JSON.stringify({ type: "error", error: told })
  }\n\n`;
}

/** Keeps a foreign value from breaking out of its header (C12). */
export function headerValue(value: string): string {
  return value.replace(/[^\t\x20-\x7e]/g, "?").slice(0, 4096);
}
