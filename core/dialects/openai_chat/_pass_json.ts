import { invalidAnswer } from "../_invalid_answer.ts";

/** A parsed JSON object that is mended in place. */
export type MutableJson = Record<string, unknown>;

/** Whether a parsed JSON value is an object, neither `null` nor an array. */
export function isMutableJson(value: unknown): value is MutableJson {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a provider's answer or chunk says that it failed (U11, J2, H7). */
export function carriesError(value: MutableJson): boolean {
  return Boolean(value.error) || value.object === "error";
}

/** Writes what a provider sent and the gateway has mended. */
export function encodeJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // The stack was not deep enough to write it again.
    throw invalidAnswer("nests too deep");
  }
}

/** Seconds since 1970, as `created` has them. */
export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** An id for a tool call to which the provider gave none. */
export function generateCallId(): string {
  return `call_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`;
}

/** Whether a member that must name something does. */
export function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Whether `created` tells a time. */
export function isTime(value: unknown): value is number {
  return typeof value === "number" && value > 0;
}

/** The counts, also where Groq (J9) and Kimi put them: in a member of their own, or with the choice. */
export function usageOf(value: MutableJson): unknown {
  const { usage, x_groq: extra, choices } = value;
  if (usage) return usage;
  if (isMutableJson(extra) && extra.usage) return extra.usage;
  const choice = Array.isArray(choices) ? choices[0] : undefined;
  return isMutableJson(choice) ? choice.usage : undefined;
}

/**
 * Tells in OpenAI's own place how much of the input came from a cache, where a
 * provider tells it in another one (J8).
 *
 * @returns Whether that changed anything.
 */
export function tellCached(counts: MutableJson, cached = 0): boolean {
  const { prompt_tokens_details: details } = counts;
  const known = isMutableJson(details) ? details : {};
  if (cached === 0 || known.cached_tokens) return false;
  counts.prompt_tokens_details = { ...known, cached_tokens: cached };
  return true;
}
