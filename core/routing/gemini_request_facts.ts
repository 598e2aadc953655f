import type { JsonDocument } from "../json_document.ts";
import type { Capability } from "./capability.ts";
import type {
  ChatFactsOptions,
  ChatRequestFacts,
} from "./chat_request_facts.ts";
import { prefixHash } from "./sticky.ts";

/** What {@linkcode geminiRequestFacts} is told besides: what stands in the path, above all. */
export interface GeminiFactsOptions extends ChatFactsOptions {
  /** The model. */
  readonly model: string;
  /** Whether a stream is wanted. */
  readonly stream: boolean;
}

/** More tokens than any model answers with: what a caller allows beyond is no estimate. */
const MAX_OUTPUT = 1_000_000;
/** More letters than a token has on average in any language: the estimate must come out low. */
const LETTERS_PER_TOKEN = 6;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads from a Gemini request what routing has to know of it, as
 * `chatRequestFacts` does for the other dialects. Odd values are passed over:
 * it is for others to refuse them.
 *
 * @example A question with a tool
 * ```ts
 * import { geminiRequestFacts } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const value = {
 *   contents: [{ parts: [{ text: "How warm is it in Rome?" }] }],
 *   tools: [{ functionDeclarations: [{ name: "weather" }] }],
 * };
 * const { needs } = geminiRequestFacts({ value }, { model: "fast", stream: true });
 * assertEquals(needs, ["tools", "streaming"]);
 * ```
 */
export function geminiRequestFacts(
  { value }: Pick<JsonDocument, "value">,
  { model, stream, size }: GeminiFactsOptions,
): ChatRequestFacts {
  const needs = new Set<Capability>();
  if (listOf(value.tools).length > 0) needs.add("tools");
  if (stream) needs.add("streaming");
  const config = member(value, "generationConfig");
  const settings = isFields(config) ? config : {};
  if (
    member(settings, "responseSchema") || member(settings, "responseJsonSchema")
  ) needs.add("json_schema");
  const contents = listOf(value.contents);
  let length = measure(member(value, "systemInstruction"), needs);
  for (const content of contents) length += measure(content, needs);
  const limit = member(settings, "maxOutputTokens");
  return {
    model,
    needs: [...needs],
    get inputTokens(): number {
      return size?.tokens ?? Math.floor(length / LETTERS_PER_TOKEN);
    },
    ...(size && { inputTokensAt: (destination) => size.at(destination) }),
    ...(Number.isInteger(limit) && Number(limit) > 0 &&
      { outputTokens: Math.min(Number(limit), MAX_OUTPUT) }),
    get prefix(): number | undefined {
      return prefixOf(value, contents);
    },
  };
}

/** A member by its name in camel case, or in snake case. */
function member(fields: Fields, name: string): unknown {
  return fields[name] ??
    fields[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}

/** An array; a lone object is one of one. */
function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isFields(value) ? [value] : [];
}

/** The length of a content's text; what its parts need is noted. */
function measure(content: unknown, needs: Set<Capability>): number {
  if (typeof content === "string") return content.length;
  if (!isFields(content)) return 0;
  let length = 0;
  for (const part of listOf(content.parts)) {
    if (!isFields(part)) continue;
    if (typeof part.text === "string") length += part.text.length;
    const media = member(part, "inlineData") ?? member(part, "fileData");
    if (isFields(media)) needs.add(needOf(member(media, "mimeType")));
  }
  return length;
}

function needOf(type: unknown): Capability {
  const [kind] = typeof type === "string" ? type.split("/", 1) : [];
  if (kind === "image") return "vision";
  return kind === "audio" ? "audio" : "file";
}

/** Everything up to the first words of the user, which later turns leave as they are. */
function prefixOf(
  value: Fields,
  contents: readonly unknown[],
): number | undefined {
  const pieces = textsOf(member(value, "systemInstruction"));
  for (const content of contents) {
    if (!isFields(content)) return undefined;
    pieces.push(...textsOf(content));
    if (content.role !== "model") return prefixHash(pieces);
  }
  return undefined;
}

function textsOf(content: unknown): string[] {
  if (typeof content === "string") return [content];
  if (!isFields(content)) return [];
  return listOf(content.parts).flatMap((part) =>
    isFields(part) && typeof part.text === "string" ? [part.text] : []
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
