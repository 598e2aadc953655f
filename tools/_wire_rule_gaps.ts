/** Why a rule has no proof, or less than a whole one. */
export interface WireGap {
  /** `part`: proven as far as it applies. `later`: not built. `other`: not about anything that is built. */
  readonly state: "part" | "later" | "other";
  readonly why: string;
}

function part(why: string): WireGap {
  return { state: "part", why };
}

/** What is known to be missing, by rule. */
export const WIRE_GAPS: ReadonlyMap<string, WireGap> = new Map([
  ["A22", part("a model that refuses system messages answers for itself")],
  ["A24", part("as it is to compatible providers, text or parts")],
  [
    "A26",
    part("Messages clients have no field for it: it is text, with its reason"),
  ],
  ["C10", part("chat clients have no word for it, Messages clients do")],
  ["C21", part("chat clients see length; it passes to Messages clients")],
  ["E10", { state: "other", why: "no client speaks Converse" }],
  ["J27", part("never split; splitting is not on offer")],
  ["L13", part("within the time for it; behind that the connection is cut")],
]);
