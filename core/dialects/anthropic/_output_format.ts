import type { OutputFormat } from "../../conversation.ts";
import type { Encoding } from "./_encoding.ts";
import { constrainedSchema } from "./_schema.ts";

/** How the wanted form of the answer is asked for. */
export interface EncodedFormat {
  /** The schema to enforce, as JSON. */
  readonly schema?: string;
  /** An instruction for the end of the system prompt. */
  readonly instruction?: string;
}

const JSON_ONLY =
  "Answer with one JSON object and nothing else: no prose before or after it, no code fence.";

/**
 * Encodes the wanted form of the answer (A28, O5).
 *
 * A schema goes into the native `output_config.format`. Free JSON has no
 * native feature, and old models have none for schemas: both are asked for in
 * the system prompt, which is put on the loss report.
 */
export function encodeFormat(
  output: OutputFormat | undefined,
  { traits, losses }: Encoding,
): EncodedFormat {
  if (output === undefined) return {};
  if (output.type === "json" || !traits.schemas) {
    losses.add("approximated", "response_format", "asked for in the prompt");
    const schema = output.type === "json"
      ? ""
      : ` It must follow this JSON Schema: ${JSON.stringify(output.schema)}`;
    return { instruction: JSON_ONLY + schema };
  }
  const { schema, lost } = constrainedSchema(output.schema);
  if (lost.length > 0) {
    losses.add(
      "changed",
      "response_format.json_schema.schema",
      `not enforced as given: ${lost.join(" ")}`,
    );
  }
  if (output.description !== undefined && schema.description !== undefined) {
    losses.add(
      "dropped",
      "response_format.json_schema.description",
      "the schema has its own",
    );
  }
  const described = output.description !== undefined &&
      schema.description === undefined
    ? { description: output.description, ...schema }
    : schema;
  return { schema: JSON.stringify(described) };
}
