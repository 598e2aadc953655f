import { parseJsonText } from "./parse_json_text.ts";
import { Buffer } from "node:buffer";
import type { Usage } from "./answer.ts";
import { UsageTally as AnthropicUsage } from "./dialects/anthropic/usage.ts";
import { decodeUsage as decodeBedrockUsage } from "./dialects/bedrock/usage.ts";
import { readUsage as readCohereUsage } from "./dialects/cohere/usage.ts";
import { UsageTally as GeminiUsage } from "./dialects/gemini/usage.ts";
import {
  isJsonObject,
  type JsonObject,
} from "./dialects/openai_chat/_decode_node.ts";
import { decodeChatUsage } from "./dialects/openai_chat/usage.ts";
import { decodeResponsesUsage } from "./dialects/openai_responses/usage.ts";

/**
 * How much of an answer's beginning and end is kept: names stand at the one,
 * counts at either, with pictures of any size between them.
 */
const KEPT = 8 * 1024;
/** More letters than counts have: a hostile answer may open thousands that never end. */
const MAX_COUNTS = 2_048;
const COUNTS = /"(usage|usageMetadata)"\s*:\s*\{/g;
const MODEL = /"model(?:Version)?"\s*:\s*"([^"\\]{1,128})"/;
const TIER = /"service_tier"\s*:\s*"([^"\\]{1,32})"/;
const GAP = Uint8Array.of(0);
const decoder = new TextDecoder();

/**
 * Finds the token counts in an answer that passes as bytes, whichever API it is
 * of: JSON, or events. What is told later counts; Anthropic tells the input at
 * the beginning of a stream and the output at its end.
 *
 * @example Behind a picture
 * ```ts
 * import { UsageScan } from "@llm-proxy/core/passing";
 * import { assertEquals } from "@std/assert";
 *
 * const scan = new UsageScan();
 * const answer =
 *   '{"model":"m","data":[],"usage":{"input_tokens":3,"output_tokens":4}}';
 * scan.add(new TextEncoder().encode(answer));
 * assertEquals(scan.usage()?.total, 7);
 * assertEquals(scan.model(), "m");
 * ```
 */
export class UsageScan {
  #head: Uint8Array = new Uint8Array();
  #tail: Uint8Array = new Uint8Array();
  #size = 0;

  /** Takes the next piece. */
  add(chunk: Uint8Array): void {
    this.#size += chunk.byteLength;
    const missing = KEPT - this.#head.byteLength;
    const isHead = chunk.byteLength <= missing;
    if (missing > 0) {
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, missing)]);
    }
    if (isHead) return;
    const rest = chunk.subarray(Math.max(0, missing));
    if (rest.byteLength >= KEPT) {
      // A copy: the rest of the piece is not to be kept alive.
      this.#tail = rest.slice(-KEPT);
      return;
    }
    const kept = this.#tail.subarray(
      Math.max(0, this.#tail.byteLength + rest.byteLength - KEPT),
    );
    this.#tail = Buffer.concat([kept, rest]);
  }

  /** The counts; `undefined` where there are none. */
  usage(): Usage | undefined {
    const text = this.#text();
    const tier = TIER.exec(text)?.[1];
    const [anthropic, gemini] = [new AnthropicUsage(), new GeminiUsage()];
    let last: (() => Usage | undefined) | undefined;
    for (const { index, 0: name, 1: word } of text.matchAll(COUNTS)) {
      const counts = objectAt(text, index + name.length - 1);
      if (counts === undefined) continue;
      if (word === "usageMetadata") {
        if (gemini.add(counts)) last = () => gemini.usage;
      } else if (isAnthropic(counts)) {
        if (anthropic.add(counts)) last = () => anthropic.usage;
      } else {
        const usage = decode(counts, tier);
        if (usage !== undefined) last = () => usage;
      }
    }
    return last?.();
  }

  /** The model that answered, by its own word; `undefined` where it says none. */
  model(): string | undefined {
    return MODEL.exec(this.#text())?.[1];
  }

  #text(): string {
    const ends = [this.#head, this.#tail];
    // What is cut on both sides must not become one.
    if (this.#size > 2 * KEPT) ends.splice(1, 0, GAP);
    return decoder.decode(Buffer.concat(ends));
  }
}

/** Anthropic's counts have no total, and may be those of the output alone. */
function isAnthropic(counts: JsonObject): boolean {
  return ("input_tokens" in counts || "output_tokens" in counts) &&
    !("total_tokens" in counts);
}

function decode(
  counts: JsonObject,
  tier: string | undefined,
): Usage | undefined {
  if ("inputTokens" in counts) return decodeBedrockUsage(counts);
  if ("billed_units" in counts || "tokens" in counts) {
    return readCohereUsage(counts);
  }
  return "input_tokens" in counts
    ? decodeResponsesUsage(counts, tier)
    : decodeChatUsage(counts, tier);
}

/** The object that begins at a brace; counts have no strings with braces. */
function objectAt(text: string, start: number): JsonObject | undefined {
  let depth = 0;
  const end = Math.min(text.length, start + MAX_COUNTS);
  for (let at = start; at < end; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) {
      try {
        const value: unknown = parseJsonText(text.slice(start, at + 1));
        return isJsonObject(value) ? value : undefined;
      } catch {
        return undefined;
      }
    }
  }
  return undefined;
}
