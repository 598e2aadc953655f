import type { SkipReason } from "./capability_filter.ts";

/** When something that is out can be tried at the earliest, given that everything is; `Infinity` where nobody knows. */
export function backAt(
  { probeAt, retryAt }: Pick<SkipReason, "probeAt" | "retryAt">,
): number {
  return probeAt ?? retryAt ?? Infinity;
}
