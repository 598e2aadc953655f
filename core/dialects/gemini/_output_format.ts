import type { Conversation } from "../../conversation.ts";
import type { Encoding } from "./_encoding.ts";
import { knownSchema } from "./_schema.ts";

/** How the wanted form of the answer is asked for. */
export interface EncodedFormat {
  /** Members of `generationConfig`. */
  readonly members: readonly string[];
  /** An instruction for the end of the system prompt. */
  readonly instruction?: string;
}

const JSON_ONLY =
  "Answer with one JSON object and nothing else: no prose before or after it, no code fence.";

/**
 * Encodes the wanted form of the answer (A28, D21, O5). Models before Gemini 3
 * have it only without tools; beside tools it is asked for in the prompt,
 * which is put on the loss report.
 */
export function encodeFormat(
  { output, tools = [] }: Conversation,
  { traits, losses }: Encoding,
): EncodedFormat {
  if (output === undefined) return { members: [] };
  if (tools.length > 0 && !traits.isThird) {
    losses.add("approximated", "response_format", "asked for in the prompt");
    const schema = output.type === "json"
      ? ""
      : ` It must follow this JSON Schema: ${JSON.stringify(output.schema)}`;
    return { members: [], instruction: JSON_ONLY + schema };
  }
  const members = [`"responseMimeType":"application/json"`];
  if (output.type === "json") return { members };
  const { schema, lost } = knownSchema(output.schema);
  if (lost.length > 0) {
    losses.add(
      "changed",
      "response_format.json_schema.schema",
      `not enforced as given: ${lost.join(" ")}`,
    );
  }
  const described =
    output.description !== undefined && schema.description === undefined
      ? { description: output.description, ...schema }
      : schema;
  members.push(`"responseJsonSchema":${JSON.stringify(described)}`);
  return { members };
}
