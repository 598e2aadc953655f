import type {
  Conversation,
  Effort,
  OutputFormat,
  Sampling,
} from "../../conversation.ts";
import {
  invalidType,
  isJsonObject,
  type RequestNode,
} from "../openai_chat/_decode_node.ts";
import { plainSchema } from "./_plain_schema.ts";
import { unsupported } from "./_request_nodes.ts";

const CONFIG_MEMBERS: ReadonlySet<string> = new Set([
  "temperature",
  "topP",
  "topK",
  "maxOutputTokens",
  "stopSequences",
  "presencePenalty",
  "frequencyPenalty",
  "seed",
  "candidateCount",
  "responseMimeType",
  "responseSchema",
  "responseJsonSchema",
  "responseModalities",
  "thinkingConfig",
]);
const THINKING_MEMBERS: ReadonlySet<string> = new Set([
  "includeThoughts",
  "thinkingBudget",
  "thinkingLevel",
]);
const EFFORTS: ReadonlyMap<string, Effort> = new Map([
  ["MINIMAL", "minimal"],
  ["LOW", "low"],
  ["MEDIUM", "medium"],
  ["HIGH", "high"],
]);
const LEVELS = [
  "MINIMAL",
  "LOW",
  "MEDIUM",
  "HIGH",
  "THINKING_LEVEL_UNSPECIFIED",
] as const;
/** A budget that the model sets itself. */
const DYNAMIC = -1;
/** The dialect has no name for an answer's schema, others must have one. */
const SCHEMA_NAME = "answer";

/** What `generationConfig` says. */
export type Settings = Pick<
  Conversation,
  "sampling" | "maxOutputTokens" | "output" | "reasoning"
>;

/** Reads `generationConfig` (O5, O6, O8, O9). */
export function decodeSettings(root: RequestNode): Settings {
  const config = root.node("generationConfig");
  if (!config) return { sampling: {} };
  config.noteUnknown(CONFIG_MEMBERS);
  refuseOtherForms(config);
  const maxOutputTokens = config.integer("maxOutputTokens", 1);
  const output = decodeOutput(config);
  const reasoning = decodeThinking(config);
  return {
    sampling: decodeSampling(config),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(output && { output }),
    ...(reasoning && { reasoning }),
  };
}

/** What only an answer of another form could fulfil. */
function refuseOtherForms(config: RequestNode): void {
  if ((config.integer("candidateCount", 1) ?? 1) > 1) {
    // Several answers for one request would have to be several requests (A7).
    throw unsupported(config, {
      key: "candidateCount",
      what: "More than one candidate is",
    });
  }
  const modalities = config.raw("responseModalities") ?? [];
  if (!Array.isArray(modalities)) {
    throw config.wrongType("responseModalities", "an array of strings");
  }
  if (modalities.some((modality) => modality !== "TEXT")) {
    throw unsupported(config, {
      key: "responseModalities",
      what: "Answers besides text are",
    });
  }
}

function decodeSampling(config: RequestNode): Sampling {
  const temperature = config.number("temperature", { min: 0, max: 2 });
  const topP = config.number("topP", { min: 0, max: 1 });
  const topK = config.integer("topK", 0);
  const penalty = { min: -2, max: 2 };
  const presencePenalty = config.number("presencePenalty", penalty);
  const frequencyPenalty = config.number("frequencyPenalty", penalty);
  const seed = config.integer("seed");
  const stop = decodeStop(config);
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && topK > 0 && { topK }),
    ...(presencePenalty !== undefined && { presencePenalty }),
    ...(frequencyPenalty !== undefined && { frequencyPenalty }),
    ...(seed !== undefined && { seed }),
    ...(stop.length > 0 && { stop }),
  };
}

function decodeStop(config: RequestNode): readonly string[] {
  const value = config.raw("stopSequences") ?? [];
  if (!Array.isArray(value)) {
    throw config.wrongType("stopSequences", "an array of strings");
  }
  return value.map((item: unknown, index) => {
    if (typeof item === "string") return item;
    throw invalidType(config.path(`stopSequences[${index}]`), {
      expected: "a string",
      value: item,
    });
  });
}

/** Reads the form of the answer (D21). */
function decodeOutput(config: RequestNode): OutputFormat | undefined {
  const type = config.string("responseMimeType") || "text/plain";
  const key = config.has("responseJsonSchema")
    ? "responseJsonSchema"
    : "responseSchema";
  if (config.has(key) && type !== "text/x.enum") {
    const value = config.raw(key);
    if (!isJsonObject(value)) throw config.wrongType(key, "an object");
    const schema = key === "responseSchema" ? plainSchema(value) : value;
    return { type: "json_schema", name: SCHEMA_NAME, schema };
  }
  switch (type) {
    case "text/plain":
      return undefined;
    case "application/json":
      return { type: "json" };
  }
  throw unsupported(config, {
    key: "responseMimeType",
    what: `The form '${type.slice(0, 64)}' is`,
  });
}

/**
 * Reads how hard the model should think (D23). Thought is told wherever the
 * model shows it, for calls of tools may need it back.
 */
function decodeThinking(config: RequestNode): Conversation["reasoning"] {
  const thinking = config.node("thinkingConfig");
  if (!thinking) return undefined;
  thinking.noteUnknown(THINKING_MEMBERS);
  thinking.boolean("includeThoughts");
  const level = thinking.choice("thinkingLevel", LEVELS) ?? "";
  const effort = EFFORTS.get(level);
  const budgetTokens = thinking.integer("thinkingBudget", DYNAMIC);
  if (budgetTokens === 0) return { effort: "none" };
  // Others can't be told to think as much as they see fit.
  if (budgetTokens === DYNAMIC) return { effort: effort ?? "medium" };
  if (budgetTokens === undefined) return effort && { effort };
  return { ...(effort && { effort }), budgetTokens };
}
