/**
 * Answers of Anthropic's Messages, with what its servers may add to them.
 *
 * @module
 */

import { type Cell, cellsOf, inPieces, TOLD, type Turn } from "./_cell.ts";

// deno-lint-ignore no-explicit-any -- written freely
type Json = any;

/** A way in which a server departs from the plain form. */
interface Manner {
  readonly name: string;
  /** Blocks in front of what is said. */
  readonly before?: readonly Json[];
  /** Blocks behind it. */
  readonly after?: readonly Json[];
  /** Members of the message. */
  readonly message?: object;
  readonly usage?: object;
  /** Counts at the end hold all, not the output alone. */
  readonly countsAllAtEnd?: true;
  /** Counts at the start are not known. */
  readonly countsNothingAtStart?: true;
  readonly stops?: Readonly<Record<string, string>>;
  readonly finish?: string;
  /** The first piece of a text stands in the block's start. */
  readonly startsFull?: true;
  /** Blocks of thought are several. */
  readonly splitsThought?: true;
  /** Text in several blocks with citations. */
  readonly cites?: true;
}

const STOPS = { stop: "end_turn", length: "max_tokens", filter: "refusal" };
const USAGE = {
  input_tokens: TOLD.input - TOLD.cached - 16,
  cache_creation_input_tokens: 16,
  cache_read_input_tokens: TOLD.cached,
  cache_creation: {
    ephemeral_5m_input_tokens: 16,
    ephemeral_1h_input_tokens: 0,
  },
  output_tokens: TOLD.output,
  service_tier: "standard",
};
const SEARCH: readonly Json[] = [
  {
    type: "server_tool_use",
    id: "srvtoolu_1",
    name: "web_search",
    input: { query: "weather Florence" },
  },
  {
    type: "web_search_tool_result",
    tool_use_id: "srvtoolu_1",
    caller: { type: "direct" },
    content: [{
      type: "web_search_result",
      title: "Weather",
      url: "https://example.org/w",
      encrypted_content: "ZW5j",
      page_age: null,
    }],
  },
];
const CITATION = {
  type: "web_search_result_location",
  cited_text: "sunny",
  url: "https://example.org/w",
  title: "Weather",
  encrypted_index: "ZW5j",
};

const MANNERS: readonly Manner[] = [
  { name: "claude" },
  {
    name: "claude-newer",
    message: {
      container: null,
      context_management: { applied_edits: [] },
      stop_details: null,
    },
    usage: { inference_geo: "not_available", iterations: null },
    countsAllAtEnd: true,
  },
  {
    name: "claude-late-counts",
    countsAllAtEnd: true,
    countsNothingAtStart: true,
  },
  {
    name: "claude-redacted",
    before: [{ type: "redacted_thinking", data: "ZW5j" }],
  },
  { name: "claude-interleaved", splitsThought: true },
  {
    name: "claude-search",
    before: SEARCH,
    cites: true,
    usage: { server_tool_use: { web_search_requests: 1 } },
  },
  {
    name: "claude-code",
    before: [
      {
        type: "server_tool_use",
        id: "srvtoolu_2",
        name: "bash_code_execution",
        input: { command: "ls" },
      },
      {
        type: "bash_code_execution_tool_result",
        tool_use_id: "srvtoolu_2",
        content: {
          type: "bash_code_execution_result",
          stdout: "",
          stderr: "",
          return_code: 0,
          content: [],
        },
      },
    ],
    message: {
      container: { id: "container_1", expires_at: "2026-01-01T00:00:00Z" },
    },
  },
  {
    name: "claude-mcp",
    before: [
      {
        type: "mcp_tool_use",
        id: "mcptoolu_1",
        name: "echo",
        server_name: "s",
        input: { a: 1 },
      },
      {
        type: "mcp_tool_result",
        tool_use_id: "mcptoolu_1",
        is_error: false,
        content: [{ type: "text", text: "hello" }],
      },
    ],
  },
  { name: "claude-compacted", before: [{ type: "compaction", content: "…" }] },
  { name: "claude-window", stops: { length: "model_context_window_exceeded" } },
  { name: "claude-sequence", stops: { stop: "stop_sequence" } },
  { name: "claude-compatible", startsFull: true, usage: undefined! },
];

function* blocksOf(manner: Manner, turn: Turn): Generator<Json> {
  yield* manner.before ?? [];
  const { thought, text, calls = [] } = turn;
  if (thought) {
    const half = manner.splitsThought ? thought.length >> 1 : 0;
    for (const part of [thought.slice(0, half), thought.slice(half)]) {
      if (part !== "") {
        yield { type: "thinking", thinking: part, signature: "c2ln" };
      }
    }
  }
  if (text && manner.cites) {
    const half = text.length >> 1;
    yield { type: "text", text: text.slice(0, half) };
    yield { type: "text", text: text.slice(half), citations: [CITATION] };
  } else if (text) yield { type: "text", text };
  for (const { id, name, arguments: json } of calls) {
    yield { type: "tool_use", id, name, input: JSON.parse(json || "{}"), json };
  }
  yield* manner.after ?? [];
}

function stopOf({ stops }: Manner, { calls, end = "stop" }: Turn): string {
  return calls ? "tool_use" : stops?.[end] ?? STOPS[end];
}

function head(manner: Manner): object {
  return {
    id: "msg_01",
    type: "message",
    role: "assistant",
    model: "claude-model-1",
    ...manner.message,
  };
}

function whole(manner: Manner, turn: Turn): object {
  const stop = stopOf(manner, turn);
  return {
    ...head(manner),
    content: [...blocksOf(manner, turn)].map(({ json: _, ...block }) => block),
    stop_reason: stop,
    stop_sequence: stop === "stop_sequence" ? "\n" : null,
    usage: { ...USAGE, ...manner.usage },
  };
}

function* eventsOf(manner: Manner, turn: Turn): Generator<Json> {
  const usage = { ...USAGE, ...manner.usage };
  yield {
    type: "message_start",
    message: {
      ...head(manner),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: manner.countsNothingAtStart
        ? { input_tokens: 0, output_tokens: 0 }
        : { ...usage, output_tokens: 2 },
    },
  };
  for (const [index, block] of [...blocksOf(manner, turn)].entries()) {
    yield* blockEvents(manner, index, block);
    if (index === 0) yield { type: "ping" };
  }
  yield {
    type: "message_delta",
    delta: { stop_reason: stopOf(manner, turn), stop_sequence: null },
    usage: manner.countsAllAtEnd ? usage : { output_tokens: TOLD.output },
    ...manner.message && { context_management: { applied_edits: [] } },
  };
  yield { type: "message_stop" };
}

function* blockEvents(
  { startsFull }: Manner,
  index: number,
  { json, ...block }: Json,
): Generator<Json> {
  const start = (content: Json): Json => ({
    type: "content_block_start",
    index,
    content_block: content,
  });
  const delta = (delta: Json): Json => ({
    type: "content_block_delta",
    index,
    delta,
  });
  switch (block.type) {
    case "text": {
      const { text, citations = [] } = block;
      const [first = "", ...rest] = inPieces(text);
      const { citations: _, ...empty } = block;
      yield start({ ...empty, text: startsFull ? first : "" });
      for (const citation of citations) {
        yield delta({ type: "citations_delta", citation });
      }
      for (const text of startsFull ? rest : [first, ...rest]) {
        yield delta({ type: "text_delta", text });
      }
      break;
    }
    case "thinking":
      yield start({ type: "thinking", thinking: "", signature: "" });
      for (const thinking of inPieces(block.thinking)) {
        yield delta({ type: "thinking_delta", thinking });
      }
      yield delta({ type: "signature_delta", signature: block.signature });
      break;
    case "tool_use":
    case "server_tool_use": {
      const text = json ?? JSON.stringify(block.input);
      yield start({ ...block, input: startsFull ? block.input : {} });
      if (!startsFull) {
        for (const piece of ["", ...inPieces(text, 5)]) {
          yield delta({ type: "input_json_delta", partial_json: piece });
        }
      }
      break;
    }
    default:
      yield start(block);
  }
  yield { type: "content_block_stop", index };
}

/** Each turn in each manner. */
export const MESSAGES_CELLS: readonly Cell[] = MANNERS.flatMap((manner) =>
  cellsOf(manner.name, {
    whole: (turn) => whole(manner, turn),
    stream: (turn) =>
      [...eventsOf(manner, turn)].map((event) =>
        `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
      ).join(""),
  })
);
