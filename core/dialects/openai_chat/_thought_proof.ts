import { parseJsonText } from "../../parse_json_text.ts";
import { encodeJson, isMutableJson, type MutableJson } from "./_pass_json.ts";

/** How OpenRouter names the formats of proofs that have words of their own in the vocabulary. */
export const ANTHROPIC_FORMAT = "anthropic-claude-v1";
/** Gemini's, see {@linkcode ANTHROPIC_FORMAT}. */
export const GEMINI_FORMAT = "google-gemini-v1";
/** Of thought without a proof. */
export const UNPROVEN = "unknown";

/** The models that can read a proof, by the first word of its format. */
const READERS: ReadonlyMap<string, RegExp> = new Map([
  ["anthropic", /anthropic|claude/i],
  ["google", /google|gemini/i],
  ["openai", /openai|gpt|\bo\d/i],
  ["azure", /openai|gpt|\bo\d/i],
  ["xai", /x-ai|xai|grok/i],
]);

/** Whether it is known by its name which proofs a model can read; a router's choice is not. */
export function hasKnownReader(model: string): boolean {
  return [...READERS.values()].some((reader) => reader.test(model));
}

const PACKED = '{"type":"reasoning.encrypted",';

/** Whether a detail's proof is one of Anthropic's, which is OpenRouter's default. */
export function isAnthropicFormat(format: unknown): boolean {
  return typeof format !== "string" || format === "" || format === UNPROVEN ||
    format.startsWith("anthropic");
}

/**
 * Whether a model can read thought of this format: the proof of another family
 * is answered with a 400, and Claude reads none without a proof.
 */
export function canRead(model: string, format: unknown): boolean {
  if (typeof format !== "string") return true;
  if (format === UNPROVEN) return !canRead(model, ANTHROPIC_FORMAT);
  const [family = ""] = format.split("-");
  return READERS.get(family)?.test(model) ?? true;
}

/**
 * An encrypted thought as one opaque text that any client can give back, with
 * everything that its provider wants to see again (J4).
 */
export function packProof(detail: MutableJson): string {
  return encodeJson({ type: "reasoning.encrypted", ...detail });
}

/** The encrypted thought in such a text; `undefined` where it is none. */
export function unpackProof(text: string): MutableJson | undefined {
  if (!text.startsWith(PACKED)) return undefined;
  try {
    const detail: unknown = parseJsonText(text);
    return isMutableJson(detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}
