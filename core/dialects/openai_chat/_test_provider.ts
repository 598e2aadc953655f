import type { Answer, AnswerEvent, AnswerPart } from "../../answer.ts";
import type { Conversation, Message, Part } from "../../conversation.ts";
import type { Quirks } from "../../dialect.ts";
import { LossReport } from "../../loss_report.ts";
import { collectParts } from "../_collect_parts.ts";
import { decodeChatAnswer } from "./decode_answer.ts";
import { ChatStreamDecoder } from "./decode_stream.ts";
import { encodeChatRequest } from "./encode_request.ts";

/** A request as the provider would read it. */
export interface Encoded {
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  /** As `action: field (detail)`. */
  readonly losses: readonly string[];
}

/** For whom {@linkcode encode} writes. */
export interface EncodeOptions {
  readonly model?: string;
  readonly quirks?: Quirks;
}

/** Encodes a conversation of which only what matters to the test is given. */
export function encode(
  part: Partial<Conversation> = {},
  { model = "m", quirks = {} }: EncodeOptions = {},
): Encoded {
  const losses = new LossReport();
  const { body: text } = encodeChatRequest({
    model,
    messages: [user("Hi")],
    sampling: {},
    stream: false,
    unmapped: [],
    ...part,
  }, { provider: "p", model, quirks, losses });
  const body = JSON.parse(text);
  return { text, body, messages: body.messages, losses: listed(losses) };
}

/** The entries of a report, as `action: field (detail)`. */
export function listed({ losses }: LossReport): readonly string[] {
  return losses.map(({ action, field, detail }) =>
    `${action}: ${field} (${detail})`
  );
}

/** A user's message of one text or of these parts. */
export function user(content: string | readonly Part[]): Message {
  return { role: "user", parts: partsOf(content) };
}

/** An assistant's message of one text or of these parts. */
export function assistant(content: string | readonly Part[]): Message {
  return { role: "assistant", parts: partsOf(content) };
}

/** A tool call. */
export function call(
  id: string,
  more: { readonly args?: string; readonly signature?: string } = {},
): Part {
  const { args = "{}", signature } = more;
  const signed = signature === undefined ? {} : { signature };
  return { type: "tool_call", id, name: "look", arguments: args, ...signed };
}

/** A tool message with one text or these parts as result. */
export function result(
  callId: string,
  content: string | (Part & { type: "tool_result" })["parts"] = "ok",
): Message {
  const parts = typeof content === "string"
    ? [{ type: "text", text: content }] as const
    : content;
  return { role: "tool", parts: [{ type: "tool_result", callId, parts }] };
}

function partsOf(content: string | readonly Part[]): readonly Part[] {
  return typeof content === "string"
    ? [{ type: "text", text: content }]
    : content;
}

/** An answer with this message. */
export function answer(
  message: unknown,
  finish: unknown = "stop",
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const choices = [{ index: 0, message, finish_reason: finish }];
  return { id: "a1", model: "m-1", choices, ...more };
}

/** Decodes a whole answer of a JSON value. */
export function whole(value: unknown, losses?: LossReport): Answer {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return decodeChatAnswer(new TextEncoder().encode(text), losses);
}

/** Decodes the message of an answer. */
export function partsOfMessage(
  message: unknown,
  losses?: LossReport,
): readonly AnswerPart[] {
  return whole(answer(message), losses).parts;
}

/** A chunk with this delta. */
export function piece(
  delta: unknown,
  finish: unknown = null,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return { id: "a1", model: "m-1", choices, ...more };
}

/** Decodes a stream of these chunks, its end included. */
export function stream(
  chunks: readonly unknown[],
  { quirks, losses }: { quirks?: Quirks; losses?: LossReport } = {},
): AnswerEvent[] {
  const decoder = new ChatStreamDecoder(losses, quirks);
  const events = chunks.flatMap((chunk) =>
    decoder.push({
      event: "",
      data: typeof chunk === "string" ? chunk : JSON.stringify(chunk),
    })
  );
  return [...events, ...decoder.end()];
}

/** Decodes deltas and a finish, and gives the parts. */
export function streamedParts(
  deltas: readonly unknown[],
  finish = "stop",
): AnswerPart[] {
  const chunks = [...deltas.map((delta) => piece(delta)), piece({}, finish)];
  return collectParts(stream([...chunks, "[DONE]"]));
}

/** A delta with one fragment of a tool call. */
export function fragment(
  index: number | undefined,
  text: unknown,
  begin: { readonly id?: string; readonly name?: string } = {},
): object {
  const { id, name } = begin;
  const called = { ...(name !== undefined && { name }), arguments: text };
  return { tool_calls: [{ index, id, function: called }] };
}

/** The kinds of events, with the part where there is one. */
export function outline(events: readonly AnswerEvent[]): readonly string[] {
  return events.map((event) =>
    "part" in event ? `${event.type} ${event.part}` : event.type
  );
}
