/**
 * Answers of Cohere's and Ollama's own APIs.
 *
 * @module
 */

import { type Cell, cellsOf, inPieces, TOLD, type Turn } from "./_cell.ts";

// deno-lint-ignore no-explicit-any -- written freely
type Json = any;

const COHERE_STOPS = {
  stop: "COMPLETE",
  length: "MAX_TOKENS",
  filter: "ERROR_TOXIC",
};
const COHERE_USAGE = {
  billed_units: { input_tokens: 9, output_tokens: TOLD.output },
  tokens: { input_tokens: TOLD.input, output_tokens: TOLD.output },
  cached_tokens: TOLD.cached,
};

function cohereStop({ calls, end = "stop" }: Turn): string {
  return calls ? "TOOL_CALL" : COHERE_STOPS[end];
}

function cohereWhole(turn: Turn): object {
  const { thought, text, calls = [] } = turn;
  return {
    id: "c-1",
    message: {
      role: "assistant",
      content: [
        ...thought ? [{ type: "thinking", thinking: thought }] : [],
        ...text ? [{ type: "text", text }] : [],
      ],
      ...calls.length > 0 && {
        tool_calls: calls.map(({ id, name, arguments: json }) => ({
          id,
          type: "function",
          function: { name, arguments: json },
        })),
      },
    },
    finish_reason: cohereStop(turn),
    usage: COHERE_USAGE,
  };
}

function* cohereEvents(turn: Turn): Generator<Json> {
  const { thought, text, calls = [] } = turn;
  let index = 0;
  const say = (type: string, message: Json): Json => ({
    type,
    index,
    delta: { message },
  });
  yield {
    type: "message-start",
    id: "c-1",
    delta: { message: { role: "assistant", content: [], tool_plan: "" } },
  };
  for (
    const [type, member, words = ""] of [
      ["thinking", "thinking", thought],
      ["text", "text", text],
    ] as const
  ) {
    if (words === "") continue;
    yield say("content-start", { content: { type, [member]: "" } });
    for (const piece of inPieces(words)) {
      yield say("content-delta", { content: { [member]: piece } });
    }
    yield say("content-end", undefined);
    index++;
  }
  for (const [place, { id, name, arguments: json }] of calls.entries()) {
    index = place;
    const called = (more: Json): Json => ({ tool_calls: more });
    yield say(
      "tool-call-start",
      called({ id, type: "function", function: { name, arguments: "" } }),
    );
    for (const piece of inPieces(json, 5)) {
      yield say("tool-call-delta", called({ function: { arguments: piece } }));
    }
    yield say("tool-call-end", undefined);
  }
  yield {
    type: "message-end",
    delta: { finish_reason: cohereStop(turn), usage: COHERE_USAGE },
  };
}

/** Each turn from Cohere. */
export const COHERE_CELLS: readonly Cell[] = cellsOf("cohere", {
  whole: cohereWhole,
  stream: (turn) =>
    [...cohereEvents(turn)].map((event) =>
      `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
    ).join(""),
});

/** Ollama knows no filter, and tells no cached input. */
const OLLAMA_TURNS = ({ turn }: Cell): boolean => turn.end !== "filter";

function ollamaCalls({ calls = [] }: Turn): Json[] {
  return calls.map(({ name, arguments: json }) => ({
    function: { name, arguments: JSON.parse(json || "{}") },
  }));
}

function ollamaPiece(message: Json, more: object = { done: false }): object {
  return {
    model: "m",
    created_at: "2026-01-01T00:00:00Z",
    message: { role: "assistant", content: "", ...message },
    ...more,
  };
}

function ollamaEnd({ end = "stop" }: Turn): object {
  return {
    done: true,
    done_reason: end,
    total_duration: 1,
    prompt_eval_count: TOLD.input,
    eval_count: TOLD.output,
  };
}

function ollamaWhole(turn: Turn): object {
  const { thought: thinking, text: content = "" } = turn;
  const calls = ollamaCalls(turn);
  return ollamaPiece({
    content,
    ...thinking && { thinking },
    ...calls.length > 0 && { tool_calls: calls },
  }, ollamaEnd(turn));
}

function ollamaStream(turn: Turn): string {
  const { thought = "", text = "" } = turn;
  return [
    ...inPieces(thought).map((thinking) => ollamaPiece({ thinking })),
    ...inPieces(text).map((content) => ollamaPiece({ content })),
    ...ollamaCalls(turn).map((call) => ollamaPiece({ tool_calls: [call] })),
    ollamaPiece({}, ollamaEnd(turn)),
  ].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** Each turn from Ollama. */
export const OLLAMA_CELLS: readonly Cell[] = cellsOf("ollama", {
  whole: ollamaWhole,
  stream: ollamaStream,
  type: "application/x-ndjson",
}).filter(OLLAMA_TURNS).map((cell) => ({
  ...cell,
  truth: { ...cell.truth, usage: { ...cell.truth.usage!, cached: 0 } },
}));
