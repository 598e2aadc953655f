/**
 * What providers are known to send besides the plain case: each must be read
 * for what it is, told as lost, or be an error, never vanish.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { AnswerCollector } from "../answer_collector.ts";
import type { Answer } from "../answer.ts";
import type { ProviderDialect, Quirks } from "../dialect.ts";
import { UpstreamError } from "../errors.ts";
import { LossReport } from "../loss_report.ts";
import { anthropicProvider } from "./anthropic/dialect.ts";
import { bedrockProvider } from "./bedrock/provider.ts";
import { cohereProvider } from "./cohere/dialect.ts";
import { geminiProvider } from "./gemini/dialect.ts";
import { ollamaProvider } from "./ollama/dialect.ts";
import { ChatPassStream } from "./openai_chat/pass_stream.ts";
import { openAiChatProvider } from "./openai_chat/provider.ts";
import { openAiResponsesProvider } from "./openai_responses/provider.ts";

type Json = Record<string, unknown>;
/** An event's data, or its type and its data. */
type Told = Json | readonly [type: string, data: Json];

interface Read {
  /** Parts as texts: `kind: words`. */
  readonly parts: readonly string[];
  readonly finish: string;
  readonly lost: string;
  readonly answer: Answer;
}

const DONE = "[DONE]";

/** Reads a stream to its end. */
function read(
  provider: ProviderDialect,
  events: readonly (Told | typeof DONE)[],
  quirks: Quirks = {},
): Read {
  const losses = new LossReport();
  const decoder = provider.streamDecoder(losses, quirks);
  const collector = new AnswerCollector();
  for (const told of events) {
    const [event, value] = told === DONE
      ? ["", told]
      : Array.isArray(told)
      ? [String(told[0]), JSON.stringify(told[1])]
      : [String((told as Json).type ?? ""), JSON.stringify(told)];
    for (const step of decoder.push({ event, data: value })) {
      collector.push(step);
    }
  }
  if (!decoder.done) { for (const step of decoder.end()) collector.push(step); }
  const answer = collector.answer!;
  return {
    answer,
    parts: answer.parts.map((part) =>
      part.type === "tool_call"
        ? `${part.name}(${part.arguments})`
        : part.type === "image"
        ? part.type
        : `${part.type}: ${part.text}`
    ),
    finish: answer.finish,
    lost: losses.losses.map(({ field }) => field).join(),
  };
}

/** A chunk of a chat stream. */
function chunk(
  delta: unknown,
  finish: string | null = null,
  more: Json = {},
): Json {
  const choice = { index: 0, delta, finish_reason: finish };
  return { id: "c", created: 1, model: "m", choices: [choice], ...more };
}

const END = chunk({}, "stop");
const HI = chunk({ role: "assistant", content: "Hi" });

/** What compatible providers stream, and what it says. */
const CHAT: readonly (readonly [
  name: string,
  events: readonly (Told | typeof DONE)[],
  parts: readonly string[],
  more?: { readonly finish?: string; readonly lost?: string },
])[] = [
  ["A26: a refusal piece by piece", [
    chunk({ role: "assistant", content: null, refusal: "" }),
    chunk({ refusal: "I " }),
    chunk({ refusal: "won't" }),
    END,
    DONE,
  ], ["refusal: I won't"]],
  [
    "A33: sound is told by its transcript",
    [
      chunk({ content: null, audio: { id: "a", transcript: "Good " } }),
      chunk({ audio: { data: "AAAA" } }),
      chunk({ audio: { transcript: "day" } }),
      chunk({ audio: { expires_at: 1 } }),
      END,
      DONE,
    ],
    ["text: Good day"],
    { lost: "answer.audio" },
  ],
  [
    "A34: a call in the legacy words is a call",
    [
      chunk({ content: null, function_call: { name: "look", arguments: "" } }),
      chunk({ function_call: { arguments: '{"x":1}' } }),
      chunk({}, "function_call"),
      DONE,
    ],
    ['look({"x":1})'],
    { finish: "tool" },
  ],
  ["A4: counts that are null, and then alone", [
    chunk({ role: "assistant", content: "" }, null, { usage: null }),
    chunk({ content: "Hi" }, null, { usage: null }),
    chunk({}, "stop", { usage: null }),
    { id: "c", choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
    DONE,
  ], ["text: Hi"]],
  ["A33: chunks without choices, or with null for them, say nothing", [
    { id: "c", choices: [] },
    { id: "c" },
    { id: "c", choices: null },
    HI,
    END,
    DONE,
  ], ["text: Hi"]],
  ["F3, F4: Azure's verdicts before, within and behind the answer", [
    { id: "", model: "", choices: [], prompt_filter_results: [{}] },
    chunk({ role: "assistant", content: "", refusal: null }),
    chunk({ content: "Hi" }),
    { id: "", choices: [{ index: 0, content_filter_results: {} }] },
    END,
    DONE,
  ], ["text: Hi"]],
  ["A9: a role and nothing else is an empty answer", [
    chunk({ role: "assistant" }),
    END,
    DONE,
  ], []],
  ["J6: DeepSeek's thought beside null", [
    chunk({ role: "assistant", content: null, reasoning_content: "" }),
    chunk({ content: null, reasoning_content: "Hm" }),
    chunk({ content: "Hi", reasoning_content: null }),
    END,
    DONE,
  ], ["reasoning: Hm", "text: Hi"]],
  [
    "J12: Groq's thought, with its channel and its own tools",
    [
      chunk({ role: "assistant", reasoning: "Hm", channel: "analysis" }),
      chunk({ executed_tools: [{ index: 0, type: "search" }] }),
      chunk({ content: "Hi", channel: "final" }),
      chunk({}, "stop", { x_groq: { id: "r", usage: null } }),
      DONE,
    ],
    ["reasoning: Hm", "text: Hi"],
    { lost: "answer.executed_tools" },
  ],
  [
    "H1: Mistral's thought, references and pages between pieces of text",
    [
      chunk({
        content: [{
          type: "thinking",
          thinking: [{ type: "text", text: "Hm" }],
          closed: true,
        }],
      }),
      chunk({ content: "It " }),
      chunk({
        content: [
          { type: "reference", reference_ids: [0, 1] },
          { type: "text", text: "is" },
        ],
      }),
      chunk({
        content: [{ type: "tool_reference", title: "A", url: "https://a.b" }],
      }),
      chunk({ content: "" }, "stop"),
      DONE,
    ],
    ["reasoning: Hm", "text: It is"],
    { lost: "answer.reference" },
  ],
  ["J16: Perplexity's steps, and an end that repeats the whole message", [
    chunk({ role: "assistant", content: "", reasoning_steps: [{}] }),
    HI,
    {
      id: "c",
      object: "chat.completion.done",
      choices: [{
        index: 0,
        delta: {},
        message: { role: "assistant", content: "Hi" },
        finish_reason: "stop",
      }],
    },
    DONE,
  ], ["text: Hi"]],
  ["J23: a whole message as a stream of one event", [
    {
      id: "c",
      object: "chat.completion",
      choices: [{
        index: 0,
        message: { role: "assistant", content: "Hi" },
        finish_reason: "stop",
      }],
    },
    DONE,
  ], ["text: Hi"]],
  [
    "A12, J21: a call with an object, null or no type",
    [
      chunk({
        tool_calls: [
          { index: 0, id: "a", function: { name: "f", arguments: { x: 1 } } },
          {
            index: 1,
            id: "b",
            type: "",
            function: { name: "g", arguments: null },
          },
        ],
      }),
      chunk({ tool_calls: [{ index: 1, function: null }] }),
      chunk({}, "stop"),
      DONE,
    ],
    ['f({"x":1})', "g({})"],
    { finish: "tool" },
  ],
  [
    "O1: z.ai's word for what it does not let through",
    [
      HI,
      chunk({}, "sensitive"),
      DONE,
    ],
    ["text: Hi"],
    { finish: "filter" },
  ],
  ["J24: a delta of null, and a finish without one", [
    { id: "c", choices: [{ index: 0, delta: null, finish_reason: null }] },
    HI,
    { id: "c", choices: [{ finish_reason: "stop" }] },
    DONE,
  ], ["text: Hi"]],
];

for (const [name, events, parts, { finish = "stop", lost = "" } = {}] of CHAT) {
  Deno.test(`${name}, read and passed`, () => {
    const told = read(openAiChatProvider, events);
    assertEquals([told.parts, told.finish, told.lost], [parts, finish, lost]);
    // What passes says the same when it is read.
    const pass = new ChatPassStream({
      model: "m",
      includeUsage: true,
      streamEnd: "done",
    });
    const text = events.map((value) =>
      pass.push({
        event: "",
        data: value === DONE ? value : JSON.stringify(value),
      })
    ).join("") + pass.end();
    const passed = text.split("\n\n").filter((line) => line !== "")
      .map((line) => line.slice("data: ".length))
      .map((data) => data === DONE ? DONE : JSON.parse(data) as Json);
    const again = read(openAiChatProvider, passed);
    assertEquals([again.parts, again.finish], [parts, finish]);
  });
}

/** What ends a stream of a compatible provider as failed, and its code. */
const FAILURES: Readonly<Record<string, readonly Told[]>> = {
  "J2: OpenRouter's error in a chunk of its own": [HI, {
    id: "c",
    choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
    error: { code: 502, message: "Provider died" },
  }],
  "J2: OpenRouter's error in a choice": [HI, {
    id: "c",
    choices: [{
      index: 0,
      delta: {},
      finish_reason: "error",
      error: { code: 502, message: "Provider died" },
    }],
  }],
  "J10: Groq's event of type error": [HI, [
    "error",
    { error: { message: "x" } },
  ]],
  "K18: an error that is text": [HI, { error: "boom" }],
  "H7: Mistral's error in a stream": [HI, {
    object: "error",
    message: "boom",
    code: 3505,
  }],
  "K18: a detail and nothing else": [HI, { detail: "boom" }],
  "O1: DeepSeek ran out of its own": [
    HI,
    chunk({}, "insufficient_system_resource"),
  ],
  "O1: z.ai's network": [HI, chunk({}, "network_error")],
  "A3: no finish at all": [HI],
};

for (const [name, events] of Object.entries(FAILURES)) {
  Deno.test(`${name} is a failure, never an end`, () => {
    assertThrows(
      () => read(openAiChatProvider, [...events, DONE]),
      UpstreamError,
    );
  });
}

/** A whole message of Anthropic's. */
function message(content: unknown[], stop: string, more: Json = {}): Json {
  return {
    id: "msg_1",
    type: "message",
    model: "claude",
    content,
    stop_reason: stop,
    ...more,
  };
}

const TEXT = { type: "text", text: "Hi" };

/** Whole answers of the native providers, what they say, and what is told as lost. */
const WHOLE: readonly (readonly [
  name: string,
  ProviderDialect,
  Json,
  finish: string,
  lost: string,
])[] = [
  [
    "C32, C41: Anthropic's own tools, their results and uploads",
    anthropicProvider,
    message(
      [
        { type: "server_tool_use", id: "s", name: "bash", input: {} },
        { type: "bash_code_execution_tool_result", content: {} },
        { type: "container_upload", file_id: "f" },
        { type: "mcp_tool_use", id: "m", name: "x", input: {} },
        { type: "compaction", content: "…" },
        TEXT,
      ],
      "end_turn",
      { container: { id: "c" }, context_management: { applied_edits: [] } },
    ),
    "stop",
    "answer.server_tool_use,answer.bash_code_execution_tool_result," +
    "answer.container_upload,answer.mcp_tool_use,answer.compaction",
  ],
  [
    "C21: a turn that pauses",
    anthropicProvider,
    message([TEXT], "pause_turn"),
    "length",
    "answer.stop_reason",
  ],
  [
    "C22: a refusal with its details",
    anthropicProvider,
    message([TEXT], "refusal", { stop_details: { category: "cyber" } }),
    "refusal",
    "answer.stop_details.category",
  ],
  [
    "C22: the end of the window",
    anthropicProvider,
    message([TEXT], "model_context_window_exceeded"),
    "length",
    "",
  ],
  [
    "D30: Google's code and its output",
    geminiProvider,
    {
      candidates: [{
        content: {
          parts: [
            { executableCode: { language: "PYTHON", code: "1" } },
            { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } },
            { text: "Hi" },
          ],
        },
        finishReason: "STOP",
      }],
    },
    "stop",
    "answer.executableCode,answer.codeExecutionResult",
  ],
  [
    "D30: Google's own tools",
    geminiProvider,
    {
      candidates: [{
        content: {
          parts: [
            { toolCall: { toolType: "GOOGLE_SEARCH_WEB", id: "1" } },
            { toolResponse: { id: "1", response: {} } },
            { text: "Hi" },
          ],
        },
        finishReason: "STOP",
      }],
    },
    "stop",
    "answer.toolCall,answer.toolResponse",
  ],
];

for (const [name, provider, body, finish, lost] of WHOLE) {
  Deno.test(`${name}: the text stays, the rest is told`, () => {
    const losses = new LossReport();
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    const answer = provider.decodeAnswer(bytes, losses);
    assertEquals(answer.parts, [{ type: "text", text: "Hi" }]);
    assertEquals(answer.finish as string, finish);
    assertEquals(losses.losses.map(({ field }) => field).join(), lost);
  });
}

const started: Told = ["messageStart", { role: "assistant" }];
const said: Told = ["contentBlockDelta", {
  contentBlockIndex: 1,
  delta: { text: "Hi" },
}];

Deno.test("E11: a guardrail's trace and verdict, and a result of the provider's own tool", () => {
  const { parts, finish, lost, answer } = read(bedrockProvider, [
    started,
    ["contentBlockStart", {
      contentBlockIndex: 0,
      start: { toolResult: { toolUseId: "x" } },
    }],
    ["contentBlockDelta", {
      contentBlockIndex: 0,
      delta: { toolResult: [{ text: "x" }] },
    }],
    ["contentBlockStop", { contentBlockIndex: 0 }],
    said,
    ["contentBlockStop", { contentBlockIndex: 1 }],
    ["messageStop", { stopReason: "guardrail_intervened" }],
    ["metadata", {
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
      metrics: { latencyMs: 5 },
      trace: { guardrail: { inputAssessment: {} } },
      performanceConfig: { latency: "standard" },
      serviceTier: { type: "priority" },
    }],
  ]);
  assertEquals([parts, finish, lost], [
    ["text: Hi"],
    "filter",
    "answer.toolResult",
  ]);
  assertEquals(answer.usage?.details, { serviceTier: "priority" });
});

Deno.test("D14, D18: Google's counts in a piece of their own, behind an empty end", () => {
  const { parts, finish, answer } = read(geminiProvider, [
    { candidates: [{ content: { parts: [{ text: "Hi" }] } }] },
    { candidates: [{ content: { role: "model" }, finishReason: "STOP" }] },
    { usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2 } },
  ]);
  assertEquals([parts, finish], [["text: Hi"], "stop"]);
  assertEquals(answer.usage?.total, 3);
});

Deno.test("G1, G4: Cohere's thought, and events that nobody knows", () => {
  const { parts, finish } = read(cohereProvider, [
    { type: "message-start", id: "1" },
    { type: "debug", prompt: "x" },
    {
      type: "content-start",
      delta: { message: { content: { type: "thinking", thinking: "" } } },
    },
    {
      type: "content-delta",
      delta: { message: { content: { thinking: "Hm" } } },
    },
    { type: "content-end" },
    { type: "content-delta", delta: { message: { content: { text: "Hi" } } } },
    { type: "message-end", delta: { finish_reason: "MAX_TOKENS" } },
  ]);
  assertEquals([parts, finish], [["reasoning: Hm", "text: Hi"], "length"]);
});

Deno.test("I2, I10: Ollama's thought, and a call with its own id", () => {
  const line = (message: Json, more: Json = {}): Told => [
    "",
    { model: "q", message: { role: "assistant", ...message }, ...more },
  ];
  const call = { id: "c", function: { index: 0, name: "f", arguments: {} } };
  const { parts, finish } = read(ollamaProvider, [
    line({ content: "", thinking: "Hm" }),
    line({ content: "", tool_calls: [call] }),
    line({ content: "" }, { done: true, done_reason: "stop" }),
  ]);
  assertEquals([parts, finish], [["reasoning: Hm", "f({})"], "tool"]);
});

Deno.test("B2, B26: a queued response, obfuscated deltas and a refusal", () => {
  const response = (status: string): Json => ({
    id: "r",
    model: "m",
    status,
    output: [],
  });
  const place = { output_index: 0, content_index: 0 };
  const { parts } = read(openAiResponsesProvider, [
    { type: "response.created", response: response("queued") },
    { type: "response.queued", response: response("queued") },
    { type: "response.in_progress", response: response("in_progress") },
    {
      type: "response.output_text.delta",
      ...place,
      delta: "Hi",
      logprobs: [],
      obfuscation: "x",
    },
    {
      type: "response.refusal.delta",
      output_index: 1,
      content_index: 0,
      delta: "No",
    },
    { type: "response.rate_limits.updated" },
    { type: "response.completed", response: response("completed") },
  ]);
  assertEquals(parts, ["text: Hi", "refusal: No"]);
});
