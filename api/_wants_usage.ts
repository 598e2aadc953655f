import type { JsonDocument } from "@llm-proxy/core";

/** Whether the caller asked for token counts at the end of its stream. */
export function wantsUsage({ value }: JsonDocument): boolean {
  const options = value.stream_options;
  return typeof options === "object" && options !== null &&
    "include_usage" in options && options.include_usage === true;
}
