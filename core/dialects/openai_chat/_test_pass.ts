import { assert, assertEquals } from "@std/assert";
import { type SseEvent, SseParser } from "../../sse_parser.ts";
import { ChatPassStream, type ChatPassStreamOptions } from "./pass_stream.ts";

/** A parsed chunk, loosely typed: tests look into it. */
export interface Chunk {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
  readonly choices: readonly Choice[];
  readonly usage?: Record<string, unknown> | null;
  readonly [key: string]: unknown;
}

/** A choice of a {@linkcode Chunk}. */
export interface Choice {
  readonly index: number;
  readonly delta: Delta;
  readonly finish_reason?: string | null;
  readonly [key: string]: unknown;
}

/** A delta of a {@linkcode Choice}. */
export interface Delta {
  readonly role?: string;
  readonly content?: string | null;
  readonly reasoning?: string;
  readonly reasoning_content?: string;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly Fragment[] | null;
  readonly [key: string]: unknown;
}

/** A fragment of a tool call. */
export interface Fragment {
  readonly index: number;
  readonly id?: string;
  readonly type?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

/** The members that a well-behaved provider gives to each chunk. */
export const HEAD = {
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1_700_000_000,
  model: "m-1",
} as const;

/** The text of a chunk with one choice. */
export function chunk(
  delta: unknown,
  finish: unknown = null,
  extra: Record<string, unknown> = {},
): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return JSON.stringify({ ...HEAD, choices, ...extra });
}

/** The events of a body. */
export function events(body: string): readonly SseEvent[] {
  const parser = new SseParser();
  return [...parser.push(new TextEncoder().encode(body)), ...parser.end()];
}

/** Pushes data, one event each, and gives the text for the client. */
export function pass(
  data: readonly string[],
  options: Partial<ChatPassStreamOptions> = {},
): string {
  const stream = new ChatPassStream({ includeUsage: false, ...options });
  let text = "";
  for (const line of data) text += stream.push({ event: "", data: line });
  return text + stream.end();
}

/** What the client sees of {@linkcode pass}, its end checked (A1). */
export function passed(
  data: readonly string[],
  options: Partial<ChatPassStreamOptions> = {},
): readonly Chunk[] {
  return chunksOf(pass(data, options));
}

/** The chunks of a whole stream. */
export function chunksOf(body: string): readonly Chunk[] {
  const found = events(body);
  assertEquals(found.at(-1), { event: "", data: "[DONE]" });
  assert(body.endsWith("data: [DONE]\n\n"));
  return found.slice(0, -1).map(({ data }) => JSON.parse(data));
}

/** What a client makes of a stream. */
export interface Assembled {
  readonly choices: Record<number, AssembledChoice>;
  readonly usage: unknown;
}

/** One choice of {@linkcode Assembled}. */
export interface AssembledChoice {
  content: string;
  reasoning: string;
  refusal: string;
  finish: string;
  readonly calls: Record<
    number,
    { id: string; name: string; arguments: string }
  >;
}

/** Assembles chunks as the SDKs do: strings are joined, the first finish counts. */
export function assemble(chunks: readonly Chunk[]): Assembled {
  const choices: Record<number, AssembledChoice> = {};
  let usage: unknown;
  for (const chunk of chunks) {
    usage = chunk.usage ?? usage;
    for (const { index, delta, finish_reason: finish } of chunk.choices) {
      const choice = choices[index] ??= {
        content: "",
        reasoning: "",
        refusal: "",
        finish: "",
        calls: {},
      };
      choice.content += delta?.content ?? "";
      choice.reasoning += delta?.reasoning_content ?? delta?.reasoning ?? "";
      choice.refusal += delta?.refusal ?? "";
      choice.finish ||= finish ?? "";
      for (const fragment of delta?.tool_calls ?? []) {
        const call = choice.calls[fragment.index] ??= {
          id: "",
          name: "",
          arguments: "",
        };
        call.id += fragment.id ?? "";
        call.name += fragment.function?.name ?? "";
        call.arguments += fragment.function?.arguments ?? "";
      }
    }
  }
  return { choices, usage };
}
