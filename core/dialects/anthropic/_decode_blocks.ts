import type {
  Part,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
} from "../../conversation.ts";
import type { GatewayError } from "../../errors.ts";
import { isJsonObject, type RequestNode } from "../openai_chat/_decode_node.ts";
import { decodeCacheControl } from "./_decode_cache_control.ts";
import {
  decodeDocument,
  decodeImage,
  decodeSearchResult,
  decodeText,
} from "./_decode_media.ts";
import { readMark, type ThoughtMark } from "./_thought_marks.ts";
import { readCallId } from "./_tool_ids.ts";

const CALL_MEMBERS: ReadonlySet<string> = new Set([
  "type",
  "id",
  "name",
  "input",
  "caller",
  "cache_control",
]);
const RESULT_MEMBERS: ReadonlySet<string> = new Set([
  "type",
  "tool_use_id",
  "content",
  "is_error",
  "cache_control",
]);

/** What the provider's own tools left in an assistant turn: the text beside it says what came of it. */
const HOSTED = /^(?:server_tool_use|mcp_tool_use|fallback|\w+_tool_result)$/;

/** A block that may stand in a user turn and in a tool's result. */
export function decodeContentBlock(
  node: RequestNode,
): ToolResultPart["parts"] {
  switch (typeOf(node)) {
    case "text":
      return [decodeText(node)];
    case "image":
      return [decodeImage(node)];
    case "document":
      return decodeDocument(node);
    case "search_result":
      return [decodeSearchResult(node)];
  }
  throw unsupported(node);
}

/** A tool's result (C10, C11). */
export function decodeToolResult(node: RequestNode): ToolResultPart {
  node.noteUnknown(RESULT_MEMBERS);
  const callId = readCallId(node.name("tool_use_id"));
  const content = node.raw("content");
  const isError = node.boolean("is_error");
  const parts = typeof content === "string"
    ? [{ type: "text", text: content } as const]
    : blocksOf(node).flatMap(decodeContentBlock);
  return {
    type: "tool_result",
    callId,
    parts,
    ...(isError && { isError }),
    ...decodeCacheControl(node),
  };
}

/** Reads what is there of an array of blocks that may also be text. */
export function blocksOf(node: RequestNode): RequestNode[] {
  const content = node.raw("content");
  if (node.has("content") && !Array.isArray(content)) {
    throw node.wrongType("content", "a string or an array of objects");
  }
  return node.nodes("content") ?? [];
}

/** The blocks of an assistant turn, in their order (C12). */
export function decodeAssistantBlocks(
  nodes: readonly RequestNode[],
  message: RequestNode,
): Part[] {
  const parts: Part[] = [];
  /** The signature of the call to come (D9). */
  let mark: ThoughtMark | undefined;
  for (const [index, node] of nodes.entries()) {
    switch (typeOf(node)) {
      case "text":
        parts.push(decodeText(node));
        continue;
      case "thinking":
        parts.push(decodeThinking(node));
        continue;
      case "redacted_thinking": {
        const redacted = node.name("data");
        mark = readMark(redacted);
        if (mark?.kind === "text") signText(parts, mark);
        if (!mark) parts.push({ type: "reasoning", text: "", redacted });
        continue;
      }
      case "tool_use": {
        const call = decodeToolUse(node);
        const { signature } = mark ?? {};
        parts.push(signature === undefined ? call : { ...call, signature });
        mark = undefined;
        continue;
      }
    }
    if (!HOSTED.test(typeOf(node))) throw unsupported(node);
    message.note(`content[${index}]`);
  }
  return parts;
}

/** Sets a signature on the text that it follows, or on an empty one (D11). */
function signText(parts: Part[], { signature }: ThoughtMark): void {
  const last = parts.at(-1);
  if (last?.type === "text") parts[parts.length - 1] = { ...last, signature };
  else parts.push({ type: "text", text: "", signature });
}

function decodeThinking(node: RequestNode): ReasoningPart {
  const text = node.string("thinking") ?? "";
  const signature = node.string("signature");
  return signature
    ? { type: "reasoning", text, signature }
    : { type: "reasoning", text };
}

function decodeToolUse(node: RequestNode): ToolCallPart {
  node.noteUnknown(CALL_MEMBERS);
  const caller = node.node("caller");
  if (caller && caller.raw("type") !== "direct") node.note("caller");
  const id = readCallId(node.name("id"));
  const name = node.name("name");
  const input = node.raw("input") ?? {};
  const text = isJsonObject(input) ? JSON.stringify(input) : "";
  // A number that is kept to the last digit is an object, too.
  if (!text.startsWith("{")) throw node.wrongType("input", "an object");
  const cached = decodeCacheControl(node);
  return { type: "tool_call", id, name, arguments: text, ...cached };
}

function typeOf(node: RequestNode): string {
  return node.name("type");
}

/** A block that can't be left out without changing what is asked. */
function unsupported(node: RequestNode): GatewayError {
  const type = JSON.stringify(typeOf(node).slice(0, 64));
  return node.refuse(
    "type",
    `Blocks of type ${type} are not supported here by this model's provider`,
    "unsupported_value",
  );
}
