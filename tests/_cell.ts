/**
 * Answers as a provider would give them where nobody has recorded one: what is
 * said in each, and how a whole answer or a stream is written down.
 *
 * @module
 */

import type { Recording } from "./_recordings.ts";
import type { Summary } from "./_summary.ts";

/** One call of a tool. */
export interface CellCall {
  readonly id: string;
  readonly name: string;
  /** JSON; `""` where the provider tells no arguments at all. */
  readonly arguments: string;
}

/** What a model says in one turn. */
export interface Turn {
  readonly name: string;
  readonly thought?: string;
  readonly text?: string;
  readonly calls?: readonly CellCall[];
  /** @default {"stop"} */
  readonly end?: "stop" | "length" | "filter";
}

/** An answer that nobody has recorded, with what it says. */
export interface Cell extends Recording {
  readonly turn: Turn;
  readonly truth: Summary;
}

/** What every answer counts; the output holds the thought. */
export const TOLD = {
  input: 120,
  cached: 64,
  output: 57,
  thought: 21,
  total: 177,
} as const;

const CALLS: readonly CellCall[] = [
  { id: "call_a1", name: "add", arguments: '{"a":2,"b":3}' },
  { id: "call_b2", name: "multiply", arguments: '{"a":2,"b":3}' },
];
const WEATHER: CellCall = {
  id: "call_w1",
  name: "weather",
  arguments: '{"location":"Florence, Italy — \\"Firenze\\" \u{1f30d}"}',
};

/** A turn of each kind that the recordings have with one provider or another. */
export const TURNS: readonly Turn[] = [
  { name: "simple", text: "Olá! \u{1f44b} Como posso\n\n“ajudar”?" },
  { name: "tool", calls: [WEATHER] },
  { name: "spoken_tool", text: "I'll look.", calls: [WEATHER] },
  { name: "multi_tool", calls: CALLS },
  { name: "empty_tool", calls: [{ id: "c", name: "now", arguments: "{}" }] },
  { name: "bare_tool", calls: [{ id: "c", name: "now", arguments: "" }] },
  {
    name: "thinking",
    thought: "The user wants **weather**.\nI know it.",
    text: "It's sunny.",
  },
  { name: "thinking_tool", thought: "I must look — twice.", calls: CALLS },
  {
    name: "thinking_spoken_tool",
    thought: "Hm…",
    text: "Let me see.",
    calls: [WEATHER],
  },
  {
    name: "complex_object",
    text:
      '{"name":"Café \\"Ö\\"","tags":["a/b","\u{1f600}"],"n":1.50,"x":null}',
  },
  { name: "length", text: "Once upon a", end: "length" },
  { name: "thinking_length", thought: "Well, I", end: "length" },
  { name: "filter", text: "I", end: "filter" },
];

/** Text in pieces as models speak: a few letters at a time. */
export function inPieces(text: string, size = 4): string[] {
  const letters = [...text];
  const pieces: string[] = [];
  for (let at = 0; at < letters.length; at += size) {
    pieces.push(letters.slice(at, at + size).join(""));
  }
  return pieces;
}

/** Makes the recordings of a provider's way to say each turn: a whole answer, and a stream. */
export function cellsOf(
  provider: string,
  { whole, stream, type = "text/event-stream", turns = TURNS }: {
    readonly whole?: (turn: Turn) => object;
    readonly stream?: (turn: Turn) => string;
    readonly type?: string;
    readonly turns?: readonly Turn[];
  },
): Cell[] {
  return turns.flatMap((turn) => {
    const cell = (contentType: string, body: string): Cell => ({
      name: `${provider}/${turn.name}`,
      turn,
      url: "",
      request: {},
      status: 200,
      contentType,
      body,
      stream: contentType === type,
      truth: truthOf(turn),
    });
    return [
      ...whole ? [cell("application/json", JSON.stringify(whole(turn)))] : [],
      ...stream ? [cell(type, stream(turn))] : [],
    ];
  });
}

function truthOf(
  { text = "", thought = "", calls = [], end = "stop" }: Turn,
): Summary {
  return {
    text,
    reasoning: thought,
    toolCalls: calls.map(({ name, arguments: text }) => ({
      name,
      arguments: JSON.parse(text || "{}"),
    })),
    finish: end === "filter"
      ? "content_filter"
      : calls.length > 0
      ? "tool_calls"
      : end,
    usage: {
      input: TOLD.input,
      cached: TOLD.cached,
      output: TOLD.output,
    },
  };
}
