/**
 * Answers of OpenAI's Responses, with the items that models and tools add.
 *
 * @module
 */

import { type Cell, cellsOf, inPieces, TOLD, type Turn } from "./_cell.ts";

// deno-lint-ignore no-explicit-any -- written freely
type Json = any;

/** A way in which a model answers. */
interface Manner {
  readonly name: string;
  /** Items in front of what is said. */
  readonly before?: readonly Json[];
  /** Thought is told by its own words, not by a summary. */
  readonly rawThought?: true;
  /** Thought without words stands before every answer. */
  readonly silentThought?: true;
  readonly obfuscated?: true;
  /** Members of the response. */
  readonly response?: object;
  /** The phase of a message. */
  readonly phase?: string;
  readonly annotated?: true;
  readonly queued?: true;
}

const USAGE = {
  input_tokens: TOLD.input,
  input_tokens_details: { cached_tokens: TOLD.cached },
  output_tokens: TOLD.output,
  output_tokens_details: { reasoning_tokens: TOLD.thought },
  total_tokens: TOLD.total,
};

const MANNERS: readonly Manner[] = [
  { name: "gpt-4o", obfuscated: true },
  { name: "gpt-5", silentThought: true, phase: "final_answer" },
  {
    name: "azure-responses",
    response: { content_filters: [{ blocked: false }], prompt_cache_key: null },
    queued: true,
  },
  { name: "open-weights", rawThought: true },
  {
    name: "searching",
    before: [
      {
        type: "web_search_call",
        id: "ws_1",
        status: "completed",
        action: { type: "search", query: "weather", sources: [] },
      },
    ],
    annotated: true,
  },
  {
    name: "working",
    before: [
      {
        type: "code_interpreter_call",
        id: "ci_1",
        status: "completed",
        code: "1+1",
        container_id: "cntr_1",
        outputs: [{ type: "logs", logs: "2" }],
      },
      {
        type: "mcp_list_tools",
        id: "mcpl_1",
        server_label: "s",
        tools: [],
      },
      {
        type: "mcp_call",
        id: "mcp_1",
        server_label: "s",
        name: "echo",
        arguments: "{}",
        output: "hi",
        error: null,
      },
      {
        type: "file_search_call",
        id: "fs_1",
        status: "completed",
        queries: ["a"],
        results: null,
      },
      { type: "a_newer_item", id: "new_1", status: "completed", text: "x" },
    ],
  },
];

function itemsOf(manner: Manner, turn: Turn): Json[] {
  const { thought, text, calls = [] } = turn;
  const cut = turn.end === undefined || turn.end === "stop"
    ? "completed"
    : "incomplete";
  const annotations = manner.annotated
    ? [{
      type: "url_citation",
      start_index: 0,
      end_index: 1,
      url: "https://a.example",
      title: "A",
    }]
    : [];
  return [
    ...manner.before ?? [],
    ...thought || manner.silentThought
      ? [{
        id: "rs_1",
        type: "reasoning",
        summary: thought && !manner.rawThought
          ? [{ type: "summary_text", text: thought }]
          : [],
        ...thought && manner.rawThought &&
          { content: [{ type: "reasoning_text", text: thought }] },
        encrypted_content: "ZW5j",
      }]
      : [],
    ...text
      ? [{
        id: "msg_1",
        type: "message",
        status: cut,
        ...manner.phase && { phase: manner.phase },
        role: "assistant",
        content: [{ type: "output_text", text, annotations, logprobs: [] }],
      }]
      : [],
    ...calls.map(({ id, name, arguments: json }, index) => ({
      id: `fc_${index}`,
      type: "function_call",
      status: "completed",
      call_id: id,
      name,
      arguments: json,
    })),
  ];
}

function response(manner: Manner, turn: Turn, isDone: boolean): Json {
  const { end = "stop" } = turn;
  const reason = end === "length" ? "max_output_tokens" : "content_filter";
  return {
    id: "resp_1",
    object: "response",
    created_at: 1_782_321_766,
    model: "gpt-model-1",
    background: false,
    error: null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    truncation: "disabled",
    service_tier: "default",
    ...manner.response,
    status: !isDone
      ? "in_progress"
      : end === "stop"
      ? "completed"
      : "incomplete",
    incomplete_details: isDone && end !== "stop" ? { reason } : null,
    output: isDone ? itemsOf(manner, turn) : [],
    usage: isDone ? USAGE : null,
  };
}

function* eventsOf(manner: Manner, turn: Turn): Generator<Json> {
  const begun = response(manner, turn, false);
  yield { type: "response.created", response: begun };
  if (manner.queued) yield { type: "response.queued", response: begun };
  yield { type: "response.in_progress", response: begun };
  for (const [index, item] of itemsOf(manner, turn).entries()) {
    const at = { output_index: index, item_id: item.id };
    const say = (type: string, more: object): Json => ({
      type: `response.${type}`,
      ...at,
      ...more,
      ...manner.obfuscated && type.endsWith("delta") && { obfuscation: "xY" },
    });
    const added = (empty: object): Json => ({
      type: "response.output_item.added",
      output_index: index,
      item: { ...item, ...empty },
    });
    switch (item.type) {
      case "message":
        yield added({ status: "in_progress", content: [] });
        yield* partEvents(say, "content", item.content, "output_text");
        break;
      case "reasoning":
        yield added({ summary: [], ...item.content && { content: [] } });
        yield* partEvents(
          say,
          "reasoning_summary",
          item.summary,
          "reasoning_summary_text",
        );
        yield* partEvents(say, "content", item.content, "reasoning_text");
        break;
      case "function_call":
        yield added({ status: "in_progress", arguments: "" });
        for (const delta of inPieces(item.arguments, 5)) {
          yield say("function_call_arguments.delta", { delta });
        }
        yield say("function_call_arguments.done", {
          arguments: item.arguments,
        });
        break;
      default:
        yield added({ status: "in_progress" });
        yield say(`${item.type}.in_progress`, {});
        yield say(`${item.type}.completed`, {});
    }
    yield { type: "response.output_item.done", output_index: index, item };
  }
  const last = response(manner, turn, true);
  yield { type: `response.${last.status}`, response: last };
}

function* partEvents(
  say: (type: string, more: object) => Json,
  kind: "content" | "reasoning_summary",
  parts: readonly Json[] = [],
  name: string,
): Generator<Json> {
  for (const [index, part] of parts.entries()) {
    const at = {
      [kind === "content" ? "content_index" : "summary_index"]: index,
    };
    const { text, annotations = [] } = part;
    yield say(`${kind}_part.added`, { ...at, part: { ...part, text: "" } });
    for (const delta of inPieces(text)) {
      yield say(`${name}.delta`, { ...at, delta });
    }
    for (const [number, annotation] of annotations.entries()) {
      yield say("output_text.annotation.added", {
        ...at,
        annotation_index: number,
        annotation,
      });
    }
    yield say(`${name}.done`, { ...at, text });
    yield say(`${kind}_part.done`, { ...at, part });
  }
}

/** Each turn in each manner. */
export const RESPONSES_CELLS: readonly Cell[] = MANNERS.flatMap((manner) =>
  cellsOf(manner.name, {
    whole: (turn) => response(manner, turn, true),
    stream: (turn) =>
      [...eventsOf(manner, turn)].map((event, number) =>
        `event: ${event.type}\ndata: ${
          JSON.stringify({ ...event, sequence_number: number })
        }\n\n`
      ).join(""),
  })
);
