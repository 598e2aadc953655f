import { Buffer } from "node:buffer";
import type { Usage } from "./answer.ts";
import { decodeChatUsage } from "./dialects/openai_chat/usage.ts";

/** How much of an answer's end is kept: counts stand there, behind pictures of any size. */
const KEPT = 8 * 1024;
const NAME = /"usage"\s*:\s*\{/g;

/**
 * Finds the token counts in an answer that passes as bytes: the last `usage`
 * within its last 8 KiB, be it JSON or an event stream.
 *
 * @example Behind a picture
 * ```ts
 * import { UsageTail } from "@llm-proxy/core/passing";
 * import { assertEquals } from "@std/assert";
 *
 * const tail = new UsageTail();
 * const answer = '{"data":[],"usage":{"input_tokens":3,"output_tokens":4}}';
 * tail.add(new TextEncoder().encode(answer));
 * assertEquals(tail.usage()?.total, 7);
 * ```
 */
export class UsageTail {
  #tail: Uint8Array = new Uint8Array();

  /** Takes the next piece. */
  add(chunk: Uint8Array): void {
    if (chunk.byteLength >= KEPT) {
      // A copy: the rest of the piece is not to be kept alive.
      this.#tail = chunk.slice(-KEPT);
      return;
    }
    const kept = this.#tail.subarray(
      Math.max(0, this.#tail.byteLength + chunk.byteLength - KEPT),
    );
    this.#tail = Buffer.concat([kept, chunk]);
  }

  /** The counts; `undefined` where there are none. */
  usage(): Usage | undefined {
    const text = new TextDecoder().decode(this.#tail);
    let usage: Usage | undefined;
    for (const { index, 0: name } of text.matchAll(NAME)) {
      const object = objectAt(text, index + name.length - 1);
      usage = decodeChatUsage(object) ?? usage;
    }
    return usage;
  }
}

/** The object that begins at a brace; counts have no strings with braces. */
function objectAt(text: string, start: number): unknown {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) {
      try {
        return JSON.parse(text.slice(start, at + 1));
      } catch {
        return undefined;
      }
    }
  }
  return undefined;
}
