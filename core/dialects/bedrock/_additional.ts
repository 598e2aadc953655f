import type { Conversation } from "../../conversation.ts";
import { isObject } from "../_json.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import type { Encoding } from "./_encoding.ts";

/** The provider's own fields that callers may give. */
const EXTRAS: ReadonlySet<string> = new Set([
  "guardrailConfig",
  "performanceConfig",
  "requestMetadata",
]);

/** The native fields of the model's family, as JSON; `undefined` for none. */
export function encodeAdditional(
  { thinking, topK }: {
    readonly thinking: readonly string[];
    readonly topK: number | undefined;
  },
  { losses, provider, traits }: Encoding,
): string | undefined {
  const all = [...thinking];
  if (topK !== undefined) {
    if (traits.topK === "top_k") all.push(`"top_k":${topK}`);
    else if (traits.topK === "inferenceConfig.topK") {
      all.push(`"inferenceConfig":{"topK":${topK}}`);
    } else losses.add("dropped", "top_k", provider);
  }
  return all.length === 0 ? undefined : `{${all.join()}}`;
}

/** The provider's own fields as JSON members; what nobody knows goes on the report. */
export function encodeExtras(
  { unmapped, extras }: Conversation,
  { losses, provider }: Encoding,
): readonly string[] {
  const members: string[] = [];
  for (const field of unmapped) {
    const value = EXTRAS.has(field) ? extras?.get(field) : undefined;
    if (value === undefined) {
      losses.add("dropped", field, provider);
      continue;
    }
    if (!isObject(value)) {
      const action = `send a field '${field}' that is no object`;
      throw cannotCarry(field, action, "invalid_type");
    }
    members.push(`"${field}":${JSON.stringify(value)}`);
  }
  return members;
}
