import type { CondenseReport } from "@llm-proxy/context";

/** How the conversation of a request was shortened. */
export interface Condensation {
  /** How long it was, in tokens. */
  readonly fromTokens: number;
  /** How long it is now, in tokens. */
  readonly toTokens: number;
  /** What became of its messages. */
  readonly counts: Pick<
    CondenseReport,
    "dropped" | "truncated" | "duplicates" | "summarized"
  >;
  /** Because it was longer than was wanted, or because a provider said so. */
  readonly reason: "threshold" | "error" | "asked";
}

/** What the library reports, as a request remembers it. */
export function condensationOf(
  { before, after, fits: _, ...counts }: CondenseReport,
  reason: Condensation["reason"],
): Condensation {
  return { fromTokens: before, toTokens: after, counts, reason };
}

/** As a header: a dictionary in the form of RFC 9651; what did not happen is left out. */
export function condensedHeader(
  { fromTokens, toTokens, counts, reason }: Condensation,
): string {
  const items = Object.entries({
    before: fromTokens,
    after: toTokens,
    ...counts,
  })
    .filter(([, value]) => value > 0)
    .map(([name, value]) => `${name}=${value}`);
  return [...items, `reason=${reason}`].join(", ");
}
