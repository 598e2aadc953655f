/** Why a rule has no proof, or less than a whole one. */
export interface WireGap {
  /** `part`: proven as far as it applies. `later`: not built. `other`: not about anything that is built. */
  readonly state: "part" | "later" | "other";
  readonly why: string;
}

const MESSAGES_CLIENT: WireGap = {
  state: "other",
  why: "needs the Messages client dialect",
};
const LEDGER: WireGap = { state: "later", why: "needs prices and the ledger" };

function part(why: string): WireGap {
  return { state: "part", why };
}

function later(why: string): WireGap {
  return { state: "later", why };
}

/** What is known to be missing, by rule. */
export const WIRE_GAPS: ReadonlyMap<string, WireGap> = new Map([
  ["A22", part("a model that refuses system messages answers for itself")],
  ["A24", part("as it is to compatible providers, text or parts")],
  ["A26", part("chat clients; other clients come with their dialects")],
  ["C10", part("chat clients have no word for it")],
  ["C20", part("chat clients; Messages clients come with their dialect")],
  ["C21", part("chat clients see length; Messages clients come later")],
  ["C23", MESSAGES_CLIENT],
  ["C24", MESSAGES_CLIENT],
  ["C25", MESSAGES_CLIENT],
  ["C26", MESSAGES_CLIENT],
  ["C31", MESSAGES_CLIENT],
  ["C37", MESSAGES_CLIENT],
  ["C38", MESSAGES_CLIENT],
  ["C40", MESSAGES_CLIENT],
  ["C43", MESSAGES_CLIENT],
  ["C44", MESSAGES_CLIENT],
  ["J5", part("kept for the client; the cost is not accounted yet")],
  ["J27", part("never split; splitting is not on offer")],
  ["J28", later("passes as it is, and the provider answers for itself")],
  ["K5", part("one provider is asked; the last of several comes with retries")],
  ["K8", part("read and kept; it comes into force with retries")],
  ["K9", part("told apart; another key is tried once there is failover")],
  ["K10", part("told as such; it is tried elsewhere once there are retries")],
  ["K11", part("nothing is retried at all yet")],
  ["K12", part("headers and log; billing comes with the ledger")],
  ["K16", part("models that a key may not use come with access by key")],
  ["L2", part("in the log; the ledger comes later")],
  ["L12", later("the wrong one of both is refused with a 502")],
  ["L13", part("within the time for it; behind that the connection is cut")],
  ["M17", later("needs Ollama's own API")],
  ["M18", later("needs Bedrock")],
  ["N3", later("needs Gemini")],
  ["N5", later("needs Cohere's own API")],
  ["N8", part("nothing told is nothing, never zero; estimates come later")],
  ["N9", LEDGER],
  ["N10", LEDGER],
  ["N11", LEDGER],
  ["N12", LEDGER],
  ["N13", LEDGER],
  ["N14", LEDGER],
  ["N15", LEDGER],
]);
