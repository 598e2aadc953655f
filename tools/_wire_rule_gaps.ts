/** Why a rule has no proof, or less than a whole one. */
export interface WireGap {
  /** `part`: proven as far as it applies. `later`: not built. `other`: not about anything that is built. */
  readonly state: "part" | "later" | "other";
  readonly why: string;
}

/** What is known to be missing, by rule. */
export const WIRE_GAPS: ReadonlyMap<string, WireGap> = new Map([
  ["E10", { state: "other", why: "no client speaks Converse" }],
]);
