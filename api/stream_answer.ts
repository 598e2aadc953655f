import {
  addUsage,
  type GatewayError,
  type StreamTranslator,
} from "@llm-proxy/core";
import type { Translation } from "@llm-proxy/core/dialects";
import type { Answering, ConversationAsk } from "./endpoints.ts";
import { FlightTap } from "./_flight_tap.ts";
import { relayStream } from "./relay_stream.ts";
import { replyHeaders, STREAM_CACHING } from "./_reply_headers.ts";
import type { RequestRecord } from "./request_record.ts";
import { scrubError } from "./_scrub_error.ts";
import { rememberReply } from "./told_reply.ts";

/** Tells the caller a streamed answer, or the rest of one that broke off. */
export async function streamAnswer(
  answering: Answering<Translation>,
  { document, shape }: Pick<ConversationAsk, "document" | "shape">,
): Promise<void> {
  const { context, routed, trace, clock, translation, response } = answering;
  const { exchange, record } = context;
  const { flight } = record;
  const { reader } = translation;
  const translated = translation.stream();
  let told: StreamTranslator | undefined;
  const tap = flight && reader &&
    new FlightTap(translated, { flight, reader, trace });
  const translator = tap ?? shape?.(translated) ?? translated;
  try {
    await record.waiting.during(relayStream(response, {
      translator,
      framing: translation.framing,
      clock,
      worked: (ms) => record.waiting.worked(ms),
      open: () => {
        routed.commit();
        record.answers(trace, routed.committedAt);
        tap?.commit();
        const { open } = record;
        if (open) return open.goOn(routed.candidate.deployment.id);
        const headers = replyHeaders(record, response.headers);
        headers["content-type"] = translator.contentType ?? "text/event-stream";
        headers["cache-control"] = STREAM_CACHING;
        const reply = exchange.stream(200, headers);
        return rememberReply(context, { routed, document, reply });
      },
      keepsOpen: (error) => {
        const isKept = record.open?.keepsOpen(error) ?? false;
        if (isKept) routed.handOn();
        return isKept;
      },
      stray: (body) => translation.error(200, response.headers, body),
      whole(body) {
        const other = wholeStream(body, translation);
        if (other === undefined) return undefined;
        tap?.takeWhole(body);
        return told = shape?.(other) ?? other;
      },
      failure: (error) => streamError(record, error, told ?? translator),
    }));
    tap?.complete();
  } finally {
    const { usage, finish, model } = trace.streamed(told ?? translator);
    if (routed.committed) {
      record.usage = addUsage(record.usage, usage);
      if (usage) routed.used(usage.total);
      record.finish = finish;
      record.answeredBy = model;
    }
  }
}

/** The stream of a whole answer; `undefined` where the body is none (L12). */
export function wholeStream(
  body: Uint8Array,
  translation: Pick<Translation, "streamOf">,
): StreamTranslator | undefined {
  try {
    return translation.streamOf?.(body);
  } catch {
    // What it is instead is told by whoever asks.
    return undefined;
  }
}

/** What ends a stream that has failed after its start. */
export function streamError(
  record: RequestRecord,
  error: GatewayError,
  translator?: StreamTranslator,
): string {
  const told = scrubError(error, record);
  return translator?.fail?.(told, record.id) ??
    record.client.encodeStreamError(told, record.id);
}
