import type { Message, Part } from "../conversation.ts";

/** A user's message of one text or of these parts. */
export function user(content: string | readonly Part[]): Message {
  return { role: "user", parts: partsOf(content) };
}

/** An assistant's message of one text or of these parts. */
export function assistant(content: string | readonly Part[]): Message {
  return { role: "assistant", parts: partsOf(content) };
}

/** A system message. */
export function system(content: string | readonly Part[]): Message {
  return { role: "system", parts: partsOf(content) };
}

function partsOf(content: string | readonly Part[]): readonly Part[] {
  return typeof content === "string"
    ? [{ type: "text", text: content }]
    : content;
}
