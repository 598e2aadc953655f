import type { SseEvent } from "../../sse_parser.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { isObject } from "../_json.ts";
import { MessagesPassStream } from "../anthropic/pass_stream.ts";
import { decodeException } from "./errors.ts";

const METRICS = "amazon-bedrock-invocationMetrics";
const decoder = new TextDecoder();

/**
 * Takes the stream of InvokeModelWithResponseStream for a Messages client: each
 * frame holds an event of the Messages API in base64, the last one Bedrock's
 * own metrics beside it, which go no further (E23).
 */
export class InvokePassStream extends MessagesPassStream {
  /** Takes one frame's event; an exception is thrown (E5). */
  override push({ event, data }: SseEvent): string {
    if (this.done) return "";
    const slash = event.indexOf("/");
    if (slash >= 0) {
      const name = event.slice(slash + 1);
      throw decodeException(name, data === "" ? {} : parseFrame(data));
    }
    // Types of frames that came later than this code say nothing here (M18).
    if (event !== "chunk" || data === "") return "";
    const text = messagesEvent(parseFrame(data));
    return super.push({ event: "", data: withoutMetrics(text) });
  }
}

/**
 * The event of the Messages API that a frame holds.
 *
 * @throws {UpstreamError} when it holds none.
 */
export function messagesEvent(frame: unknown): string {
  const bytes = isObject(frame) ? frame.bytes : undefined;
  if (typeof bytes !== "string") {
    throw invalidAnswer("has a frame without content");
  }
  return decode(bytes);
}

function parseFrame(data: string): unknown {
  return parseAnswer(data, "has an event that is no valid JSON");
}

function decode(base64: string): string {
  try {
    return decoder.decode(Uint8Array.fromBase64(base64));
  } catch {
    throw invalidAnswer("has a frame that is no base64");
  }
}

function withoutMetrics(data: string): string {
  if (!data.includes(METRICS)) return data;
  const value = parseFrame(data);
  if (!isObject(value) || !(METRICS in value)) return data;
  const { [METRICS]: _, ...event } = value;
  return JSON.stringify(event);
}
