import type { Message, Part, TextPart } from "../../conversation.ts";
import type { RequestNode } from "../openai_chat/_decode_node.ts";
import { CallPairs } from "./_call_pairs.ts";
import {
  blocksOf,
  decodeAssistantBlocks,
  decodeContentBlock,
  decodeToolResult,
} from "./_decode_blocks.ts";
import { decodeText, requireType } from "./_decode_media.ts";

const ROLES = ["user", "assistant", "system"] as const;
const MEMBERS: ReadonlySet<string> = new Set(["role", "content"]);

/**
 * Reads `system` and `messages`. The results of tools in a user turn become
 * messages of their own in front of it, as the provider reads them (C5, C6).
 */
export function decodeMessages(root: RequestNode): Message[] {
  const nodes = root.nodes("messages");
  if (!nodes) throw root.missing("messages");
  if (nodes.length === 0) {
    throw root.refuse(
      "messages",
      "Invalid 'messages': empty array. Expected at least one message",
      "empty_array",
    );
  }
  const messages: Message[] = decodeSystem(root);
  const pairs = new CallPairs();
  for (const node of nodes) {
    if (!node.has("role")) throw node.missing("role");
    const role = node.choice("role", ROLES);
    node.noteUnknown(MEMBERS);
    if (!node.has("content")) throw node.missing("content");
    const nodes = typeof node.raw("content") === "string"
      ? undefined
      : blocksOf(node);
    if (role === "assistant") {
      const parts = nodes ? decodeAssistantBlocks(nodes, node) : textOf(node);
      pairs.assistant(parts, node);
      messages.push({ role, parts });
    } else if (role === "system") {
      messages.push({ role, parts: decodeTexts(node, "content") });
    } else if (nodes) {
      addUserTurn(messages, nodes, pairs);
    } else messages.push({ role: "user", parts: textOf(node) });
  }
  pairs.end();
  return messages;
}

/** The system prompt: one message at the head (C2). */
function decodeSystem(root: RequestNode): Message[] {
  if (!root.has("system")) return [];
  const parts = decodeTexts(root, "system");
  return parts.length === 0 ? [] : [{ role: "system", parts }];
}

/** Text, or an array of blocks of text. */
function decodeTexts(node: RequestNode, key: string): TextPart[] {
  const value = node.raw(key);
  if (typeof value === "string") {
    return value === "" ? [] : [{ type: "text", text: value }];
  }
  if (!Array.isArray(value)) {
    throw node.wrongType(key, "a string or an array of objects");
  }
  return (node.nodes(key) ?? []).map((block) => {
    requireType(block, ["text"]);
    return decodeText(block);
  });
}

function addUserTurn(
  messages: Message[],
  nodes: readonly RequestNode[],
  pairs: CallPairs,
): void {
  const parts: Part[] = [];
  let results = 0;
  for (const node of nodes) {
    if (node.raw("type") === "tool_result") {
      const result = decodeToolResult(node);
      pairs.result(result.callId, node);
      messages.push({ role: "tool", parts: [result] });
      results++;
    } else parts.push(...decodeContentBlock(node));
  }
  if (parts.length > 0 || results === 0) messages.push({ role: "user", parts });
}

function textOf(node: RequestNode): Part[] {
  return [{ type: "text", text: node.string("content") ?? "" }];
}
