import type { RequestNode } from "./_decode_node.ts";

/**
 * Gemini's signature where Google's own OpenAI-compatible endpoint has it (D9):
 * in `extra_content` of a tool call, or of a message for its text.
 */
export function decodeThoughtSignature(node: RequestNode): string | undefined {
  return node.node("extra_content")?.node("google")
    ?.string("thought_signature") || undefined;
}

/** The member of a tool call, a message or a delta that carries the signature. */
export function encodeThoughtSignature(
  signature: string | undefined,
): { extra_content?: { google: { thought_signature: string } } } {
  return signature === undefined
    ? {}
    : { extra_content: { google: { thought_signature: signature } } };
}
