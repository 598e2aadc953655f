/**
 * Answers of Amazon Bedrock's Converse, as its models differ.
 *
 * @module
 */

import { frames, type Step } from "../core/dialects/bedrock/_test_frames.ts";
import { inPieces, TOLD, type Turn } from "./_cell.ts";

// deno-lint-ignore no-explicit-any -- written freely
type Json = any;

/** A way in which a model answers. */
export interface BedrockManner {
  readonly name: string;
  /** Thought has a proof. */
  readonly signed?: true;
  /** Blocks in front of what is said. */
  readonly before?: readonly Json[];
  /** Where a stream tells its counts. @default {"behind"} */
  readonly counts?: "first" | "behind";
  /** Text and thought have a start of their own. */
  readonly started?: true;
  readonly stops?: Readonly<Record<string, string>>;
}

const STOPS = {
  stop: "end_turn",
  length: "max_tokens",
  filter: "content_filtered",
};
const USAGE = {
  inputTokens: TOLD.input - TOLD.cached - 16,
  outputTokens: TOLD.output,
  totalTokens: TOLD.total,
  cacheReadInputTokens: TOLD.cached,
  cacheWriteInputTokens: 16,
  cacheReadInputTokenCount: TOLD.cached,
};

/** The models' ways. */
export const BEDROCK_MANNERS: readonly BedrockManner[] = [
  { name: "claude", signed: true },
  {
    name: "claude-redacted",
    before: [{ reasoningContent: { redactedContent: "ZW5j" } }],
  },
  { name: "nova", counts: "first", stops: { stop: "stop_sequence" } },
  {
    name: "others",
    started: true,
    stops: { filter: "guardrail_intervened" },
  },
];

function* blocksOf(
  { signed, before = [] }: BedrockManner,
  { thought, text, calls = [] }: Turn,
): Generator<Json> {
  yield* before;
  if (thought) {
    const reasoningText = { text: thought, ...signed && { signature: "c2ln" } };
    yield { reasoningContent: { reasoningText } };
  }
  if (text) yield { text };
  for (const { id: toolUseId, name, arguments: json } of calls) {
    yield { toolUse: { toolUseId, name, input: JSON.parse(json || "{}") } };
  }
}

function stopOf(
  { stops }: BedrockManner,
  { calls, end = "stop" }: Turn,
): string {
  return calls ? "tool_use" : stops?.[end] ?? STOPS[end];
}

/** A whole answer. */
export function converseWhole(manner: BedrockManner, turn: Turn): object {
  const content = [...blocksOf(manner, turn)];
  return {
    output: { message: { role: "assistant", content } },
    stopReason: stopOf(manner, turn),
    usage: USAGE,
    metrics: { latencyMs: 551 },
  };
}

/** A stream's frames. */
export function converseStream(
  manner: BedrockManner,
  turn: Turn,
): Uint8Array<ArrayBuffer> {
  const { counts = "behind" } = manner;
  const metadata: Step = ["metadata", { usage: USAGE, metrics: {} }];
  return frames([
    ["messageStart", { role: "assistant" }],
    ...counts === "first" ? [metadata] : [],
    ...[...blocksOf(manner, turn)].flatMap((block, index) => [
      ...blockSteps(manner, index, block, turn),
    ]),
    ["messageStop", { stopReason: stopOf(manner, turn) }],
    ...counts === "behind" ? [metadata] : [],
  ]);
}

function* blockSteps(
  { started }: BedrockManner,
  contentBlockIndex: number,
  { text, reasoningContent: thought, toolUse }: Json,
  { calls = [] }: Turn,
): Generator<Step> {
  const delta = (delta: Json): Step => [
    "contentBlockDelta",
    { contentBlockIndex, delta },
  ];
  if (toolUse) {
    const { input: _, ...start } = toolUse;
    yield ["contentBlockStart", {
      contentBlockIndex,
      start: { toolUse: start },
    }];
    const json = calls.find(({ id }) => id === start.toolUseId)?.arguments;
    for (const input of inPieces(json ?? "", 5)) {
      yield delta({ toolUse: { input } });
    }
  } else if (started) {
    yield ["contentBlockStart", { contentBlockIndex, start: {} }];
  }
  if (text) {
    for (const piece of inPieces(text)) {
      yield delta({ text: piece });
    }
  }
  if (thought?.redactedContent) yield delta({ reasoningContent: thought });
  if (thought?.reasoningText) {
    const { text, signature } = thought.reasoningText;
    for (const piece of inPieces(text)) {
      yield delta({ reasoningContent: { text: piece } });
    }
    if (signature) yield delta({ reasoningContent: { signature } });
  }
  yield ["contentBlockStop", { contentBlockIndex }];
}
