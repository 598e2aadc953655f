import type { OutputFormat, Sampling } from "../../conversation.ts";
import { invalidType, isJsonObject, type RequestNode } from "./_decode_node.ts";

/** OpenAI's limit of stop sequences. */
const MAX_STOPS = 4;

/** Reads sampling and penalties, in OpenAI's ranges (O9, A30). */
export function decodeSampling(root: RequestNode): Sampling {
  const temperature = root.number("temperature", { min: 0, max: 2 });
  const topP = root.number("top_p", { min: 0, max: 1 });
  const topK = root.integer("top_k", -1);
  const presencePenalty = root.number("presence_penalty", { min: -2, max: 2 });
  const frequencyPenalty = root.number("frequency_penalty", {
    min: -2,
    max: 2,
  });
  const seed = root.integer("seed");
  const stop = decodeStop(root);
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    // 0 and -1 are how compatible servers say: no limit.
    ...(topK !== undefined && topK > 0 && { topK }),
    ...(presencePenalty !== undefined && { presencePenalty }),
    ...(frequencyPenalty !== undefined && { frequencyPenalty }),
    ...(seed !== undefined && { seed }),
    ...(stop && { stop }),
  };
}

function decodeStop(root: RequestNode): readonly string[] | undefined {
  const value = root.raw("stop");
  if (!root.has("stop")) return undefined;
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) {
    throw root.wrongType("stop", "a string or an array of strings");
  }
  if (value.length > MAX_STOPS) {
    throw root.refuse(
      "stop",
      `Invalid 'stop': array too long. Expected at most ${MAX_STOPS} sequences, but got ${value.length}`,
      "array_above_max_length",
    );
  }
  const stops = value.map((item: unknown, index) => {
    if (typeof item === "string") return item;
    throw invalidType(`stop[${index}]`, {
      expected: "a string",
      value: item,
    });
  });
  return stops.length > 0 ? stops : undefined;
}

/** Reads the answer's upper bound in tokens; the newer name wins (A21). */
export function decodeMaxTokens(root: RequestNode): number | undefined {
  const older = root.integer("max_tokens", 1);
  const newer = root.integer("max_completion_tokens", 1) ?? older;
  if (older !== undefined && older !== newer) root.note("max_tokens");
  return newer;
}

/** Reads `response_format` (A28, O5). */
export function decodeOutput(root: RequestNode): OutputFormat | undefined {
  const format = root.node("response_format");
  if (!format) return undefined;
  const type = format.choice("type", ["text", "json_object", "json_schema"]);
  if (!type) throw format.missing("type");
  if (type === "text") return undefined;
  if (type === "json_object") return { type: "json" };
  return decodeSchemaFormat(format.requireNode("json_schema"));
}

/** Reads the schema that an answer has to have. */
export function decodeSchemaFormat(given: RequestNode): OutputFormat {
  const name = given.name("name");
  const schema = given.raw("schema");
  if (!given.has("schema")) throw given.missing("schema");
  if (!isJsonObject(schema)) throw given.wrongType("schema", "an object");
  const description = given.string("description");
  const strict = given.boolean("strict");
  return {
    type: "json_schema",
    name,
    schema,
    ...(description !== undefined && { description }),
    ...(strict !== undefined && { strict }),
  };
}
