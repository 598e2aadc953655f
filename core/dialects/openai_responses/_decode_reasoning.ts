import type { RequestNode } from "../openai_chat/_decode_node.ts";
import type { Turns } from "./_decode_turns.ts";
import { openThought } from "./_thought_seal.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "type",
  "id",
  "status",
  "summary",
  "content",
  "encrypted_content",
]);

/**
 * Reads a `reasoning` item (B18, B29): its words, and the proof that the
 * gateway has sealed into `encrypted_content`. What a provider has encrypted
 * itself can be read by no other, so only the words of it are kept.
 */
export function decodeReasoningItem(node: RequestNode, turns: Turns): void {
  node.noteUnknown(KNOWN);
  const text = readText(node);
  const encrypted = node.string("encrypted_content");
  const seal = openThought(encrypted);
  if (!seal) {
    if (encrypted) node.note("encrypted_content");
    if (text !== "") turns.addParts([{ type: "reasoning", text }]);
    return;
  }
  const { kind, data } = seal;
  switch (kind) {
    case "signature":
      turns.addParts([{ type: "reasoning", text, signature: data }]);
      break;
    case "redacted":
      turns.addParts([{ type: "reasoning", text: "", redacted: data }]);
      break;
    case "call":
      turns.signNextCall(data);
      break;
    case "text":
      // The text that it belonged to is gone.
      if (!turns.signLastText(data)) node.note("encrypted_content");
      break;
    case "blank":
      turns.addParts([{ type: "text", text: "", signature: data }]);
  }
}

/** The thought itself where it is told, else its summary. */
function readText(node: RequestNode): string {
  const content = readTexts(node, "content").join("");
  return content === "" ? readTexts(node, "summary").join("\n\n") : content;
}

function readTexts(node: RequestNode, key: "content" | "summary"): string[] {
  return (node.nodes(key) ?? []).map((part) => part.string("text") ?? "");
}
