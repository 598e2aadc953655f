/**
 * Answers of OpenAI-compatible providers, each with what it has of its own.
 *
 * @module
 */

import {
  type Cell,
  type CellCall,
  cellsOf,
  inPieces,
  TOLD,
  type Turn,
} from "./_cell.ts";

// deno-lint-ignore no-explicit-any -- written freely
type Json = any;

/** How a provider departs from OpenAI. */
interface Voice {
  readonly name: string;
  /** Members of every chunk and of every whole answer. */
  readonly head?: object;
  /** Members of a delta, or of a whole message, that tell thought. */
  readonly thought?: (text: string, isWhole: boolean) => object;
  /** Text, where it is no string. */
  readonly text?: (text: string) => unknown;
  /** Calls come whole in one piece. */
  readonly wholeCalls?: true;
  /** Changes the pieces of a call. */
  readonly call?: (call: Json) => Json;
  readonly finish?: Readonly<Record<string, string>>;
  readonly usage?: object;
  /** Where a stream tells its counts. @default {"own"} */
  readonly counts?: "own" | "finish" | "every" | "choice" | "x_groq";
  /** What comes before the first chunk. */
  readonly opening?: string;
  /** Between chunks. */
  readonly between?: string;
  /** Members of every choice. */
  readonly choice?: object;
  readonly lineEnd?: string;
  /** What the last delta holds. */
  readonly lastDelta?: object | null;
}

const USAGE = {
  prompt_tokens: TOLD.input,
  completion_tokens: TOLD.output,
  total_tokens: TOLD.total,
  prompt_tokens_details: { cached_tokens: TOLD.cached, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: TOLD.thought },
};
const FINISH = { stop: "stop", length: "length", filter: "content_filter" };
const SAFE = { hate: { filtered: false, severity: "safe" } };
const content = (text: string): object => ({ reasoning_content: text });
const reasoning = (text: string): object => ({ reasoning: text });

/** OpenRouter's and Vercel's form, with a proof of the maker behind it. */
function details(
  detail: object,
  words: "text" | "summary",
  last?: object,
): NonNullable<Voice["thought"]> {
  return (text, isWhole) => ({
    reasoning: text,
    reasoning_details: [
      { type: `reasoning.${words}`, [words]: text, index: 0, ...detail },
      ...last && isWhole ? [last] : [],
    ],
  });
}

const VOICES: readonly Voice[] = [
  { name: "openai", choice: { logprobs: null } },
  {
    name: "azure",
    opening: `data: ${
      JSON.stringify({
        choices: [],
        created: 0,
        id: "",
        model: "",
        object: "",
        prompt_filter_results: [{
          prompt_index: 0,
          content_filter_results: SAFE,
        }],
      })
    }\n\n`,
    head: { obfuscation: "dp6Z", system_fingerprint: null },
    choice: { content_filter_results: SAFE, logprobs: null },
    thought: content,
  },
  {
    name: "openrouter-anthropic",
    opening: ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n",
    between: ": OPENROUTER PROCESSING\n\n",
    head: { provider: "Anthropic" },
    choice: { native_finish_reason: "end_turn" },
    thought: details({ format: "anthropic-claude-v1" }, "text", {
      type: "reasoning.text",
      signature: "c2ln",
      format: "anthropic-claude-v1",
      index: 0,
    }),
    usage: { cost: 0.0013, is_byok: false, cost_details: { upstream: null } },
    counts: "finish",
    lastDelta: { role: "assistant", content: "", reasoning: null },
  },
  {
    name: "openrouter-openai",
    opening: ": OPENROUTER PROCESSING\n\n",
    head: { provider: "OpenAI" },
    thought: details(
      { format: "openai-responses-v1", id: "rs_1" },
      "summary",
      {
        type: "reasoning.encrypted",
        data: "ZW5j",
        id: "rs_1",
        format: "openai-responses-v1",
        index: 0,
      },
    ),
  },
  {
    name: "openrouter-gemini",
    head: { provider: "Google" },
    thought: details({ format: "google-gemini-v1" }, "text", {
      type: "reasoning.encrypted",
      data: "ZW5j",
      id: "call_w1",
      format: "google-gemini-v1",
      index: 0,
    }),
    wholeCalls: true,
  },
  {
    name: "vercel",
    head: { system_fingerprint: "fp_1", generationId: "gen_1" },
    choice: { logprobs: null },
    thought: details({ format: "anthropic-claude-v1" }, "text"),
    lastDelta: {
      provider_metadata: { gateway: { cost: "0.1", routing: { a: [{}] } } },
    },
    usage: { cost: 0.1, market_cost: 0.1, cache_creation_input_tokens: 0 },
    counts: "finish",
  },
  {
    name: "groq",
    thought: (text) => ({ reasoning: text, channel: "analysis" }),
    wholeCalls: true,
    counts: "x_groq",
    choice: { logprobs: null },
  },
  {
    name: "xai",
    thought: content,
    wholeCalls: true,
    counts: "every",
    usage: {
      completion_tokens: TOLD.output - TOLD.thought,
      num_sources_used: 0,
      cost_in_usd_ticks: 1,
    },
  },
  {
    name: "deepseek",
    thought: (text) => ({ content: null, reasoning_content: text }),
    counts: "finish",
    usage: {
      prompt_tokens_details: undefined,
      prompt_cache_hit_tokens: TOLD.cached,
      prompt_cache_miss_tokens: TOLD.input - TOLD.cached,
    },
    choice: { logprobs: null },
  },
  {
    name: "zai",
    thought: (text) => ({ role: "assistant", reasoning_content: text }),
    wholeCalls: true,
    counts: "finish",
    lastDelta: { role: "assistant", content: "" },
    finish: { filter: "sensitive" },
  },
  {
    name: "kimi",
    thought: content,
    counts: "choice",
    usage: { cached_tokens: TOLD.cached, prompt_tokens_details: undefined },
    call: (call) => ({ ...call, id: call.id && `functions.x:${call.index}` }),
  },
  {
    name: "huggingface",
    thought: reasoning,
    head: { system_fingerprint: "3.2.1-sha" },
    usage: { prompt_tokens_details: { cached_tokens: TOLD.cached } },
    lineEnd: "\r\n",
  },
  {
    name: "cerebras",
    thought: reasoning,
    wholeCalls: true,
    counts: "finish",
    head: { time_info: { queue_time: 0.01, total_time: 0.2 } },
  },
  {
    name: "llama-cpp",
    thought: content,
    lastDelta: {},
    head: { timings: { cache_n: 1, predicted_ms: 339.279 } },
    usage: { completion_tokens_details: undefined },
  },
  {
    name: "vllm",
    thought: (text) => ({ reasoning: text, reasoning_content: text }),
    choice: { logprobs: null, stop_reason: null, token_ids: null },
    head: { prompt_token_ids: null, kv_transfer_params: null },
    call: (call) => ({ ...call, type: "function" }),
    counts: "every",
  },
  {
    name: "mistral",
    thought: (text) => ({
      content: [{ type: "thinking", thinking: [{ type: "text", text }] }],
    }),
    text: (text) => [{ type: "text", text }],
    wholeCalls: true,
    call: ({ type: _, ...call }) => call,
    counts: "finish",
    finish: { length: "model_length" },
  },
  {
    name: "gemini-compatible",
    wholeCalls: true,
    counts: "every",
    call: (call) => ({
      ...call,
      extra_content: { google: { thought_signature: "c2ln" } },
    }),
  },
  {
    name: "qwen",
    thought: content,
    call: (call) => ({ id: "", type: "function", ...call }),
  },
];

function usageOf(voice: Voice): object {
  return { ...USAGE, ...voice.usage };
}

function endOf({ finish }: Voice, { calls, end = "stop" }: Turn): string {
  if (calls && end === "stop") return "tool_calls";
  return finish?.[end] ?? FINISH[end];
}

function headOf(voice: Voice, object: string): object {
  return {
    id: "gen-1",
    object,
    created: 1_773_346_321,
    model: "maker/model-1",
    ...voice.head,
  };
}

function wholeCall(
  voice: Voice,
  { id, name, arguments: text }: CellCall,
  index: number,
): Json {
  const call = {
    index,
    id,
    type: "function",
    function: { name, arguments: text },
  };
  return voice.call?.(call) ?? call;
}

function whole(voice: Voice, turn: Turn): object {
  const { text, thought, calls } = turn;
  const told = thought ? thoughtOf(voice, thought, true) : {};
  const { content: said, ...rest } = told as Json;
  const list = [
    ...said ?? [],
    ...text && voice.text ? voice.text(text) as Json[] : [],
  ];
  return {
    ...headOf(voice, "chat.completion"),
    choices: [{
      index: 0,
      ...voice.choice,
      message: {
        role: "assistant",
        ...rest,
        content: list.length > 0 ? list : text ?? null,
        ...calls &&
          { tool_calls: calls.map((it, at) => wholeCall(voice, it, at)) },
      },
      finish_reason: endOf(voice, turn),
    }],
    usage: usageOf(voice),
  };
}

function thoughtOf(voice: Voice, text: string, isWhole: boolean): object {
  return (voice.thought ?? content)(text, isWhole);
}

function* deltas(voice: Voice, turn: Turn): Generator<object> {
  yield { role: "assistant", content: "" };
  const { text = "", thought = "", calls = [] } = turn;
  const thoughts = inPieces(thought);
  for (const [at, piece] of thoughts.entries()) {
    yield thoughtOf(voice, piece, at === thoughts.length - 1);
  }
  for (const piece of inPieces(text)) {
    yield { content: voice.text?.(piece) ?? piece };
  }
  for (const [index, call] of calls.entries()) {
    if (voice.wholeCalls) {
      yield { tool_calls: [wholeCall(voice, call, index)] };
      continue;
    }
    yield { tool_calls: [wholeCall(voice, { ...call, arguments: "" }, index)] };
    for (const piece of inPieces(call.arguments, 5)) {
      const more = { index, function: { arguments: piece } };
      yield { tool_calls: [voice.call?.(more) ?? more] };
    }
  }
}

function stream(voice: Voice, turn: Turn): string {
  const { lineEnd = "\n", between = "", counts = "own" } = voice;
  const usage = usageOf(voice);
  const head = headOf(voice, "chat.completion.chunk");
  const data = (value: unknown): string =>
    `data: ${JSON.stringify(value)}${lineEnd}${lineEnd}`;
  const chunk = (delta: unknown, finish: string | null, more = {}): string =>
    data({
      ...head,
      choices: [{
        index: 0,
        ...voice.choice,
        delta,
        finish_reason: finish,
        ...finish && counts === "choice" && { usage },
      }],
      ...counts === "every" && { usage },
      ...more,
    });
  const pieces = [...deltas(voice, turn)].map((delta) =>
    chunk(delta, null) + between
  );
  const { lastDelta = {} } = voice;
  const last = chunk(lastDelta, endOf(voice, turn), {
    ...counts === "finish" && { usage },
    ...counts === "x_groq" && { x_groq: { id: "req_1", usage } },
  });
  const own = counts === "own" ? data({ ...head, choices: [], usage }) : "";
  return `${voice.opening ?? ""}${pieces.join("")}${last}${own}` +
    `data: [DONE]${lineEnd}${lineEnd}`;
}

/** Each turn from each provider. */
export const CHAT_CELLS: readonly Cell[] = VOICES.flatMap((voice) =>
  cellsOf(voice.name, {
    whole: (turn) => whole(voice, turn),
    stream: (turn) => stream(voice, turn),
  })
);
