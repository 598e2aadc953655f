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
import { requireType } from "./_decode_media.ts";

const EFFORTS = [
  "low",
  "medium",
  "high",
  "xhigh",
  "max",
] as const satisfies readonly Effort[];
/** The provider's own effort where none is said. */
const DEFAULT_EFFORT: Effort = "high";
const MIN_BUDGET = 1_024;
/** The dialect has no name for an answer's schema, others must have one. */
const SCHEMA_NAME = "answer";

const THINKING_MEMBERS: ReadonlySet<string> = new Set([
  "type",
  "budget_tokens",
  "display",
]);
const CONFIG_MEMBERS: ReadonlySet<string> = new Set(["effort", "format"]);
const FORMAT_MEMBERS: ReadonlySet<string> = new Set(["type", "schema"]);

/** Reads sampling in the provider's ranges, which lie within the canonical ones (O9). */
export function decodeSampling(root: RequestNode): Sampling {
  const temperature = root.number("temperature", { min: 0, max: 1 });
  const topP = root.number("top_p", { min: 0, max: 1 });
  const topK = root.integer("top_k", 0);
  const stop = decodeStop(root);
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && topK > 0 && { topK }),
    ...(stop && stop.length > 0 && { stop }),
  };
}

function decodeStop(root: RequestNode): readonly string[] | undefined {
  const value = root.raw("stop_sequences");
  if (!root.has("stop_sequences")) return undefined;
  if (!Array.isArray(value)) {
    throw root.wrongType("stop_sequences", "an array of strings");
  }
  return value.map((item: unknown, index) => {
    if (typeof item === "string") return item;
    throw invalidType(`stop_sequences[${index}]`, {
      expected: "a string",
      value: item,
    });
  });
}

/** Reads how hard the model should think: `thinking` and `output_config.effort` (C15, C16, O6). */
export function decodeReasoning(
  root: RequestNode,
): Conversation["reasoning"] {
  const config = root.node("output_config");
  config?.noteUnknown(CONFIG_MEMBERS);
  const effort = config?.choice("effort", EFFORTS);
  const thinking = root.node("thinking");
  if (!thinking) return effort && { effort };
  thinking.noteUnknown(THINKING_MEMBERS);
  const type = requireType(thinking, [
    "enabled",
    "adaptive",
    "disabled",
    "between_tools",
  ]);
  // Hidden thought has no word: it will be shown.
  if (thinking.string("display") === "omitted") thinking.note("display");
  if (type === "adaptive") return { effort: effort ?? DEFAULT_EFFORT };
  if (type === "enabled") {
    const budgetTokens = thinking.integer("budget_tokens", MIN_BUDGET);
    if (budgetTokens === undefined) throw thinking.missing("budget_tokens");
    return { ...(effort && { effort }), budgetTokens };
  }
  if (type === "between_tools") thinking.note("type");
  if (effort) config?.note("effort");
  return { effort: "none" };
}

/** Reads the form of the answer, in its place and in the one that it had in beta (O5). */
export function decodeOutput(root: RequestNode): OutputFormat | undefined {
  const format = root.node("output_config")?.node("format") ??
    root.node("output_format");
  if (!format) return undefined;
  requireType(format, ["json_schema"]);
  format.noteUnknown(FORMAT_MEMBERS);
  const schema = format.raw("schema");
  if (!format.has("schema")) throw format.missing("schema");
  if (!isJsonObject(schema)) throw format.wrongType("schema", "an object");
  return { type: "json_schema", name: SCHEMA_NAME, schema, strict: true };
}
