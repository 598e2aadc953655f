/**
 * Answers of Google's Gemini, as its models and platforms differ.
 *
 * @module
 */

import { type Cell, cellsOf, inPieces, TOLD, type Turn } from "./_cell.ts";

// deno-lint-ignore no-explicit-any -- written freely
type Json = any;

/** A way in which a model answers. */
interface Manner {
  readonly name: string;
  /** Calls have ids. */
  readonly ids?: true;
  /** Where the signature of thought stands. */
  readonly signed?: "first call" | "empty end" | "last text";
  /** How the end comes. @default {"with the last part"} */
  readonly end?: "no content" | "no parts" | "empty text" | "usage behind";
  /** Counts stand in the last response alone. */
  readonly countsOnce?: true;
  readonly usage?: object;
  /** Members of the candidate that ends the answer. */
  readonly last?: object;
  /** Members of every response. */
  readonly head?: object;
  readonly lineEnd?: string;
  readonly stops?: Readonly<Record<string, string>>;
  /** Parts in front of what is said. */
  readonly before?: readonly Json[];
  /** All calls come in one response. */
  readonly callsTogether?: true;
  /** Members that are null. */
  readonly nulls?: true;
}

const STOPS = { stop: "STOP", length: "MAX_TOKENS", filter: "SAFETY" };
const USAGE = {
  promptTokenCount: TOLD.input,
  cachedContentTokenCount: TOLD.cached,
  candidatesTokenCount: TOLD.output - TOLD.thought,
  thoughtsTokenCount: TOLD.thought,
  totalTokenCount: TOLD.total,
  promptTokensDetails: [{ modality: "TEXT", tokenCount: TOLD.input }],
};
const SAFE = [{
  category: "HARM_CATEGORY_HATE_SPEECH",
  probability: "NEGLIGIBLE",
  blocked: false,
}];

const MANNERS: readonly Manner[] = [
  { name: "gemini-2.0", head: { modelVersion: "gemini-2.0-flash" } },
  { name: "gemini-2.5", signed: "first call", countsOnce: true },
  {
    name: "gemini-3",
    ids: true,
    signed: "empty end",
    end: "empty text",
    callsTogether: true,
  },
  { name: "gemini-3-text", signed: "last text", end: "no parts" },
  {
    name: "vertex",
    end: "no content",
    head: { createTime: "2026-01-01T00:00:00Z" },
    usage: {
      trafficType: "ON_DEMAND",
      candidatesTokensDetails: [{ modality: "TEXT", tokenCount: 36 }],
    },
    last: { avgLogprobs: -0.1, safetyRatings: SAFE },
    lineEnd: "\n",
  },
  { name: "gemini-late-counts", end: "usage behind", countsOnce: true },
  {
    name: "gemini-tools",
    before: [
      {
        executableCode: { language: "PYTHON", code: "print(1)" },
        thoughtSignature: "c2ln",
      },
      { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1\n" } },
    ],
    usage: {
      promptTokenCount: TOLD.input - 20,
      toolUsePromptTokenCount: 20,
    },
  },
  {
    name: "gemini-grounded",
    last: {
      groundingMetadata: {
        webSearchQueries: ["weather"],
        groundingChunks: [{ web: { uri: "https://a.example", title: "A" } }],
        groundingSupports: [{
          segment: { startIndex: 0, endIndex: 1, text: "I" },
          groundingChunkIndices: [0],
        }],
        searchEntryPoint: { renderedContent: "<div></div>" },
      },
      citationMetadata: { citations: [] },
      urlContextMetadata: { urlMetadata: [] },
    },
  },
  {
    name: "gemini-other-filters",
    stops: { filter: "PROHIBITED_CONTENT" },
    last: { finishMessage: "because" },
    nulls: true,
  },
];

function partsOf(manner: Manner, turn: Turn, isStream: boolean): Json[] {
  const { thought, text, calls = [] } = turn;
  const pieces = (text: string): string[] => isStream ? inPieces(text) : [text];
  const { signed } = manner;
  const parts: Json[] = [
    ...manner.before ?? [],
    ...thought ? pieces(thought).map((text) => ({ text, thought: true })) : [],
    ...text ? pieces(text).map((text) => ({ text })) : [],
    ...calls.map(({ id, name, arguments: json }, index) => ({
      functionCall: {
        ...manner.ids && { id },
        name,
        ...json !== "" && { args: JSON.parse(json) },
      },
      ...index === 0 && signed === "first call" && { thoughtSignature: "c2ln" },
    })),
  ];
  if (signed === "last text" && text) parts.at(-1).thoughtSignature = "c2ln";
  if (manner.nulls) {
    for (const part of parts) if (part.functionCall) part.text = undefined;
  }
  return parts;
}

function endOf({ stops }: Manner, { end = "stop" }: Turn): string {
  return stops?.[end] ?? STOPS[end];
}

function head(manner: Manner): object {
  return { responseId: "r1", modelVersion: "gemini-1", ...manner.head };
}

function whole(manner: Manner, turn: Turn): object {
  return {
    candidates: [{
      content: { role: "model", parts: partsOf(manner, turn, false) },
      finishReason: endOf(manner, turn),
      index: 0,
      ...manner.last,
    }],
    usageMetadata: { ...USAGE, ...manner.usage },
    ...head(manner),
  };
}

function* responses(manner: Manner, turn: Turn): Generator<Json> {
  const usage = { ...USAGE, ...manner.usage };
  const { promptTokenCount, cachedContentTokenCount } = usage;
  let told = 0;
  const response = (candidate: Json, isLast = false): Json => ({
    candidates: [{ index: 0, ...candidate }],
    ...(isLast ? { usageMetadata: usage } : !manner.countsOnce && {
      usageMetadata: {
        promptTokenCount,
        cachedContentTokenCount,
        candidatesTokenCount: ++told,
        totalTokenCount: promptTokenCount + told,
      },
    }),
    ...head(manner),
  });
  const parts = partsOf(manner, turn, true);
  const first = parts.findIndex((part) => part.functionCall);
  const groups = manner.callsTogether && first >= 0
    ? [...parts.slice(0, first).map((part) => [part]), parts.slice(first)]
    : parts.map((part) => [part]);
  const { end } = manner;
  const stop = { finishReason: endOf(manner, turn), ...manner.last };
  for (const [index, parts] of groups.entries()) {
    const isLast = end === undefined && index === groups.length - 1;
    const content = { role: "model", parts };
    yield response({ content, ...isLast && stop }, isLast);
  }
  if (end === "no content") yield response(stop, true);
  if (end === "no parts") {
    yield response({ content: { role: "model" }, ...stop }, true);
  }
  if (end === "empty text") {
    const part = {
      text: "",
      ...manner.signed === "empty end" && { thoughtSignature: "c2ln" },
    };
    yield response(
      { content: { role: "model", parts: [part] }, ...stop },
      true,
    );
  }
  if (end === "usage behind") {
    yield response({ content: { parts: [{ text: "" }] }, ...stop });
    yield { usageMetadata: usage, ...head(manner) };
  }
}

/** Each turn in each manner. */
export const GEMINI_CELLS: readonly Cell[] = MANNERS.flatMap((manner) => {
  const { lineEnd = "\r\n" } = manner;
  return cellsOf(manner.name, {
    whole: (turn) => whole(manner, turn),
    stream: (turn) =>
      [...responses(manner, turn)].map((response) =>
        `data: ${JSON.stringify(response)}${lineEnd}${lineEnd}`
      ).join(""),
  });
});
