import { eventStream, json } from "./_answering_upstream.ts";
import { event } from "./_message_answers.ts";
import type { Said, Speaker } from "./_speakers.ts";

type Item = Readonly<Record<string, unknown>> & { readonly id: string };

function head(status: string, output: readonly Item[], more = {}): object {
  return {
    id: "resp_up",
    object: "response",
    created_at: 1_700_000_000,
    model: "gpt-up",
    status,
    error: null,
    incomplete_details: null,
    output,
    parallel_tool_calls: true,
    tool_choice: "auto",
    tools: [],
    usage: null,
    ...more,
  };
}

function items({ thought, text, calls = [] }: Said): Item[] {
  return [
    ...(thought
      ? [{
        id: "rs_1",
        type: "reasoning",
        summary: [{ type: "summary_text", text: thought }],
        encrypted_content: "EqQBCkYIARgCKkDs",
      }]
      : []),
    ...(text === undefined ? [] : [{
      id: "msg_1",
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text, annotations: [], logprobs: [] }],
    }]),
    ...calls.map(({ id, name, input }, index) => ({
      id: `fc_${index}`,
      type: "function_call",
      status: "completed",
      call_id: id,
      name,
      arguments: JSON.stringify(input),
    })),
  ];
}

function answer(said: Said): { type: string; response: object } {
  const usage = {
    input_tokens: 60,
    input_tokens_details: { cached_tokens: 20 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 67,
  };
  const { end = "stop" } = said;
  const reason = end === "length" ? "max_output_tokens" : "content_filter";
  return end === "stop"
    ? {
      type: "response.completed",
      response: head("completed", items(said), { usage }),
    }
    : {
      type: "response.incomplete",
      response: head("incomplete", items(said), {
        usage,
        incomplete_details: { reason },
      }),
    };
}

const START: readonly (readonly [string, object])[] = [
  ["response.created", { response: head("in_progress", []) }],
  ["response.in_progress", { response: head("in_progress", []) }],
];

const PART = { item_id: "msg_1", content_index: 0 };

function itemEvents(item: Item, index: number): [string, object][] {
  const at = { item_id: item.id, output_index: index };
  const added = { ...item, ...(item.status !== undefined && OPEN) };
  const done: [string, object] = ["response.output_item.done", {
    output_index: index,
    item,
  }];
  const begun = (empty: object): [string, object] => [
    "response.output_item.added",
    { output_index: index, item: { ...added, ...empty } },
  ];
  if (item.type === "function_call") {
    const text = String(item.arguments);
    return [
      begun({ arguments: "" }),
      ["response.function_call_arguments.delta", { ...at, delta: text }],
      ["response.function_call_arguments.done", {
        ...at,
        name: item.name,
        arguments: text,
      }],
      done,
    ];
  }
  if (item.type === "reasoning") {
    const [{ text }] = item.summary as [{ text: string }];
    const place = { ...at, summary_index: 0 };
    const part = { type: "summary_text", text };
    return [
      begun({ summary: [] }),
      ["response.reasoning_summary_part.added", {
        ...place,
        part: { ...part, text: "" },
      }],
      ["response.reasoning_summary_text.delta", { ...place, delta: text }],
      ["response.reasoning_summary_text.done", { ...place, text }],
      ["response.reasoning_summary_part.done", { ...place, part }],
      done,
    ];
  }
  const [part] = item.content as [{ text: string }];
  const place = { ...PART, output_index: index };
  return [
    begun({ content: [] }),
    ["response.content_part.added", { ...place, part: { ...part, text: "" } }],
    ["response.output_text.delta", {
      ...place,
      delta: part.text,
      logprobs: [],
    }],
    ["response.output_text.done", { ...place, text: part.text, logprobs: [] }],
    ["response.content_part.done", { ...place, part }],
    done,
  ];
}

const OPEN = { status: "in_progress" };

function write(events: readonly (readonly [string, object])[]): string {
  return events.map(([type, members], index) =>
    event(type, { sequence_number: index, ...members })
  ).join("");
}

/** OpenAI itself, whose Responses pass to clients of the same. */
export const RESPONSES: Speaker = {
  name: "openai",
  entry:
    "name: oa, type: openai, api_key: key-of-the-gateway-0000, max_retries: 0",
  model: "oa/gpt-5",
  isStream: ({ body }) => body.stream === true,
  whole: (said) => json(answer(said).response),
  stream: (said) => {
    const { type, response } = answer(said);
    return eventStream(
      write([
        ...START,
        ...items(said).flatMap(itemEvents),
        [type, { response }],
      ]),
    );
  },
  start: write([
    ...START,
    ["response.output_item.added", {
      output_index: 0,
      item: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        ...OPEN,
        content: [],
      },
    }],
    ["response.content_part.added", {
      ...PART,
      output_index: 0,
      part: { type: "output_text", text: "", annotations: [], logprobs: [] },
    }],
  ]),
  more: (delta) =>
    event("response.output_text.delta", {
      ...PART,
      output_index: 0,
      sequence_number: 4,
      delta,
      logprobs: [],
    }),
  broken: event("error", {
    sequence_number: 5,
    code: "server_error",
    message: "Overloaded",
    param: null,
  }),
  error: (status, message) => ({ error: { message, code: String(status) } }),
};
