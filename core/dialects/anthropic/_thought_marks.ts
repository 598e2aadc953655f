import { isObject } from "../_json.ts";

/** What a signature of another provider belongs to: the call behind it, or the text before it. */
export type MarkedKind = "call" | "text";

/** How the data of a block begins that only carries a signature. */
const PREFIXES: Readonly<Record<MarkedKind, string>> = {
  call: "llm-proxy.call.",
  text: "llm-proxy.text.",
};

/** A signature and what it belongs to. */
export interface ThoughtMark {
  readonly kind: MarkedKind;
  readonly signature: string;
}

/**
 * The data of a `redacted_thinking` block that carries Gemini's signature of a
 * tool call or a text (D9): the dialect has no member for it, but its clients
 * send such blocks back unmodified (C12).
 */
export function markData({ kind, signature }: ThoughtMark): string {
  return PREFIXES[kind] + signature;
}

/** Reads such data; `undefined` where it is thought of the provider's own. */
export function readMark(data: string): ThoughtMark | undefined {
  for (const kind of ["call", "text"] as const) {
    const prefix = PREFIXES[kind];
    if (data.startsWith(prefix)) {
      return { kind, signature: data.slice(prefix.length) };
    }
  }
  return undefined;
}

/** Whether a block of the history carries nothing but another provider's signature. */
export function isMark(block: unknown): boolean {
  return isObject(block) && block.type === "redacted_thinking" &&
    typeof block.data === "string" && readMark(block.data) !== undefined;
}

/** Whether a block of the history is thought that nobody signed. */
export function isUnsignedThought(block: unknown): boolean {
  return isObject(block) && block.type === "thinking" && !block.signature;
}
