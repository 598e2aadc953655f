import { DIALECTS } from "./_dialect_table.ts";
import { quirksOf } from "./quirks_of.ts";
import type { Destination } from "./routing/route.ts";

/** Has what there is of a deployment's dialects loaded; `undefined` where it is there. */
export function loadDialectsOf(
  destination: Destination,
): Promise<void> | undefined {
  const loading = DIALECTS.load(destination.provider.dialect);
  const { responses, wireApi } = quirksOf(destination);
  const second = responses || wireApi === "responses"
    ? DIALECTS.load("openai_responses")
    : undefined;
  if (loading === undefined) return second;
  return second === undefined
    ? loading
    : Promise.all([loading, second]).then(() => {});
}
