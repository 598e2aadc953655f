import type { RateLimitLease } from "@llm-proxy/core";

/** A caller's request that was admitted. */
export interface AdmittedRequest {
  /** Must be ended when the request has ended. */
  readonly lease: Pick<
    RateLimitLease,
    "settle" | "release" | "raise" | "cancel"
  >;
  /** How the caller's limits stand. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Two leases of one request, as one. */
export function bothOf(
  one: AdmittedRequest["lease"],
  other: AdmittedRequest["lease"],
): AdmittedRequest["lease"] {
  const both = [one, other];
  return {
    settle: (usage) => both.forEach((it) => it.settle(usage)),
    release: () => both.forEach((it) => it.release()),
    raise: (usage) => both.forEach((it) => it.raise(usage)),
    cancel: () => both.forEach((it) => it.cancel()),
  };
}
