/**
 * Counts the tokens of texts in a thread of its own: the tables of an encoding
 * take some 80 MB and half a second to load, and a hostile text much longer to
 * count.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { cutWords } from "./_cut_words.ts";
import type { CountAnswer, CountQuestion } from "./exact_tokens.ts";
import type { EncodingName } from "./_token_rates.ts";

/** Counts the tokens of a text in which special tokens are plain text. */
type Count = (
  text: string,
  options: { readonly disallowedSpecial: Set<string> },
) => number;

const PLAIN = { disallowedSpecial: new Set<string>() };
/** How much is counted between two looks at the clock, in UTF-16 units. */
const SLICE = 16_384;

const loaded = new Map<EncodingName, Promise<Count>>();

async function load(name: EncodingName): Promise<Count> {
  const { countTokens } = name === "o200k_base"
    ? await import("gpt-tokenizer/encoding/o200k_base")
    : await import("gpt-tokenizer/encoding/cl100k_base");
  return countTokens;
}

function count(
  { texts, until }: Pick<CountQuestion, "texts" | "until">,
  counting: Count,
): number | undefined {
  let tokens = 0;
  for (const text of texts) {
    for (const piece of cutWords(text, SLICE)) {
      if (Date.now() > until) return undefined;
      tokens += counting(piece, PLAIN);
    }
  }
  return tokens;
}

self.onmessage = async ({ data }: MessageEvent<CountQuestion>) => {
  const { id, encoding } = data;
  let answer: CountAnswer = { id };
  try {
    const known = loaded.get(encoding) ?? load(encoding);
    loaded.set(encoding, known);
    const tokens = count(data, await known);
    if (tokens !== undefined) answer = { id, tokens };
  } catch {
    loaded.delete(encoding);
  }
  self.postMessage(answer);
};
