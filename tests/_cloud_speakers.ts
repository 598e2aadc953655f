import { frames, type Step } from "../core/dialects/bedrock/_test_frames.ts";
import { json } from "./_answering_upstream.ts";
import {
  ANTHROPIC,
  CHAT,
  chatStream,
  chatWhole,
  COUNTED,
  GEMINI,
  PROOF,
  type Said,
  type Speaker,
} from "./_speakers.ts";
import { RESPONSES } from "./_responses_speaker.ts";

/** A provider's way to say things, as far as conversations need it. */
export interface LoopSpeaker
  extends Pick<Speaker, "name" | "isStream" | "whole" | "stream"> {
  /** The entry in the config, without name and address. */
  readonly entry: string;
  /** The model at the provider. */
  readonly model: string;
  /** Which proofs it can read; none where it signs nothing. */
  readonly family?: "claude" | "gemini" | "vertex" | "openai";
}

const ENDS = {
  stop: "end_turn",
  length: "max_tokens",
  filter: "content_filtered",
} as const;
const USAGE = {
  inputTokens: COUNTED.input - COUNTED.cached,
  cacheReadInputTokens: COUNTED.cached,
  outputTokens: COUNTED.output,
  totalTokens: COUNTED.input + COUNTED.output,
};

function blocks({ thought, text, calls = [] }: Said): object[] {
  return [
    ...(thought
      ? [{
        reasoningContent: {
          reasoningText: { text: thought, signature: PROOF },
        },
      }]
      : []),
    ...(text === undefined ? [] : [{ text }]),
    ...calls.map(({ id: toolUseId, name, input }) => ({
      toolUse: { toolUseId, name, input },
    })),
  ];
}

function stopReason({ calls, end = "stop" }: Said): string {
  return calls === undefined ? ENDS[end] : "tool_use";
}

function steps(said: Said): Step[] {
  const { thought, text, calls = [] } = said;
  let index = -1;
  const delta = (value: object): Step => [
    "contentBlockDelta",
    { contentBlockIndex: index, delta: value },
  ];
  const stop = (): Step => ["contentBlockStop", { contentBlockIndex: index }];
  const all: Step[] = [["messageStart", { role: "assistant" }]];
  if (thought) {
    index++;
    all.push(
      delta({ reasoningContent: { text: thought } }),
      delta({ reasoningContent: { signature: PROOF } }),
      stop(),
    );
  }
  if (text !== undefined) {
    index++;
    all.push(delta({ text }), stop());
  }
  for (const { id: toolUseId, name, input } of calls) {
    index++;
    all.push(
      ["contentBlockStart", {
        contentBlockIndex: index,
        start: { toolUse: { toolUseId, name } },
      }],
      delta({ toolUse: { input: JSON.stringify(input) } }),
      stop(),
    );
  }
  all.push(
    ["messageStop", { stopReason: stopReason(said) }],
    ["metadata", { usage: USAGE, metrics: { latencyMs: 1 } }],
  );
  return all;
}

/** A Claude by Amazon Bedrock's Converse. */
export const BEDROCK: LoopSpeaker = {
  name: "bedrock",
  entry: "type: bedrock, api_key: bdr-Vb6Nm5Zx, aws: {region: eu-west-1}",
  model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  family: "claude",
  isStream: ({ path }) => path.endsWith("/converse-stream"),
  whole: (said) =>
    json({
      output: { message: { role: "assistant", content: blocks(said) } },
      stopReason: stopReason(said),
      usage: USAGE,
    }),
  stream: (said) =>
    new Response(frames(steps(said)), {
      headers: { "content-type": "application/vnd.amazon.eventstream" },
    }),
};

const VERTEX_ENTRY =
  "type: vertex, api_key: ya29-Vb6Nm5Zx, google: {project: p}";

/** Claude on Vertex AI. */
export const VERTEX_CLAUDE: LoopSpeaker = {
  ...ANTHROPIC,
  name: "vertex claude",
  entry: VERTEX_ENTRY,
  model: "claude-sonnet-4-5@20250929",
  family: "claude",
  isStream: ({ path }) => path.endsWith(":streamRawPredict"),
};

/** Gemini on Vertex AI. */
export const VERTEX_GEMINI: LoopSpeaker = {
  ...GEMINI,
  name: "vertex gemini",
  entry: VERTEX_ENTRY,
  model: "gemini-3-pro",
  family: "vertex",
};

/** OpenAI where every client is to go by its Responses. */
export const OPENAI_RESPONSES: LoopSpeaker = {
  ...RESPONSES,
  name: "openai by responses",
  entry: "type: openai, api_key: sk-Vb6Nm5Zx, wire_api: responses",
  model: "gpt-5",
  family: "openai",
};

/** OpenAI by Chat Completions, which a client of its Responses does not reach. */
export const OPENAI_CHAT: LoopSpeaker = {
  ...CHAT,
  name: "openai",
  entry: "type: openai, api_key: sk-Vb6Nm5Zx",
  model: "gpt-5",
};

/** How OpenRouter and Vercel tell thought that its maker has signed. */
const DETAIL = {
  type: "reasoning.text",
  format: "anthropic-claude-v1",
  index: 0,
};

/** A Claude by a service that tells its thought in details. */
export const DETAILED: LoopSpeaker = {
  ...CHAT,
  name: "openrouter",
  entry: "type: openrouter, api_key: or-Vb6Nm5Zx",
  model: "anthropic/claude-sonnet-4.5",
  family: "claude",
  whole: (said) => {
    const { thought: text } = said;
    const details = [{ ...DETAIL, text, signature: PROOF }];
    return chatWhole(
      said,
      text ? { reasoning: text, reasoning_details: details } : {},
    );
  },
  stream: (said) => {
    const { thought: text } = said;
    return chatStream(
      said,
      text
        ? [
          { reasoning: text, reasoning_details: [{ ...DETAIL, text }] },
          { reasoning_details: [{ ...DETAIL, signature: PROOF }] },
        ]
        : [],
    );
  },
};

/** One of each provider between which a conversation may move. */
export const LOOP_SPEAKERS: readonly LoopSpeaker[] = [
  OPENAI_CHAT,
  OPENAI_RESPONSES,
  {
    ...ANTHROPIC,
    entry: "type: anthropic, api_key: ant-Vb6Nm5Zx",
    model: "claude-sonnet-4-5",
    family: "claude",
  },
  {
    ...GEMINI,
    entry: "type: gemini, api_key: gem-Vb6Nm5Zx",
    model: "gemini-3-pro",
    family: "gemini",
  },
  BEDROCK,
  VERTEX_CLAUDE,
  VERTEX_GEMINI,
  {
    ...CHAT,
    name: "mistral",
    entry: "type: mistral, api_key: mis-Vb6Nm5Zx",
    model: "magistral-medium-latest",
  },
  {
    ...CHAT,
    name: "deepseek",
    entry: "type: deepseek, api_key: dee-Vb6Nm5Zx",
    model: "deepseek-reasoner",
  },
  DETAILED,
  {
    ...DETAILED,
    name: "vercel",
    entry: "type: vercel, api_key: vck-Vb6Nm5Zx",
    model: "anthropic/claude-sonnet-4.5",
  },
];

/**
 * Who answers clients of an SDK: where bytes pass by Amazon's InvokeModel or
 * OpenAI's Responses, those do not who speak another of their provider's ways.
 */
export function speakersFor(sdk: string): readonly LoopSpeaker[] {
  const other = sdk === "anthropic"
    ? BEDROCK
    : sdk === "responses"
    ? OPENAI_CHAT
    : undefined;
  return LOOP_SPEAKERS.filter((speaker) => speaker !== other);
}
