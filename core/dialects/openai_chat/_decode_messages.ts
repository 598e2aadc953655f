import type {
  FilePart,
  ImagePart,
  Message,
  Part,
  TextPart,
  ToolCallPart,
} from "../../conversation.ts";
import { decodeCacheControl } from "./_decode_cache_control.ts";
import { type ContentType, decodeContent } from "./_decode_content.ts";
import type { RequestNode } from "./_decode_node.ts";
import { decodeReasoning } from "./_decode_reasoning.ts";
import { decodeThoughtSignature } from "./_thought_signature.ts";
import { checkToolResults } from "./_decode_tool_results.ts";

const ROLES = ["system", "developer", "user", "assistant", "tool"] as const;

const INSTRUCTION_TYPES: readonly ContentType[] = ["text"];
const USER_TYPES: readonly ContentType[] = [
  "text",
  "image_url",
  "input_audio",
  "file",
];
const ASSISTANT_TYPES: readonly ContentType[] = ["text", "refusal"];
const TOOL_TYPES: readonly ContentType[] = ["text", "image_url", "file"];

/** What is read of any message, of the assistant's, and of a tool's. */
const KNOWN: ReadonlySet<string> = new Set([
  "role",
  "content",
  "name",
  "cache_control",
]);
const KNOWN_OF_ASSISTANT: ReadonlySet<string> = new Set([
  ...KNOWN,
  "tool_calls",
  "refusal",
  "reasoning",
  "reasoning_content",
  "reasoning_details",
  "thinking_blocks",
  "annotations",
  "extra_content",
]);
const KNOWN_OF_TOOL: ReadonlySet<string> = new Set([...KNOWN, "tool_call_id"]);
const KNOWN_IN_FUNCTION: ReadonlySet<string> = new Set(["name", "arguments"]);
const KNOWN_IN_CALL: ReadonlySet<string> = new Set([
  "id",
  "index",
  "type",
  "function",
  "cache_control",
  "extra_content",
]);

/** Reads `messages`, one canonical message for each (A15, A23, A24, K17). */
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
  const messages = nodes.map(decodeMessage);
  checkToolResults(messages);
  return messages;
}

function decodeMessage(node: RequestNode): Message {
  if (!node.has("role")) throw node.missing("role");
  if (node.raw("role") === "function") {
    throw node.refuse(
      "role",
      "The legacy role 'function' is not supported: use role 'tool' with 'tool_call_id'",
      "unsupported_value",
    );
  }
  const role = node.choice("role", ROLES) ?? "user";
  node.noteUnknown(
    role === "assistant"
      ? KNOWN_OF_ASSISTANT
      : role === "tool"
      ? KNOWN_OF_TOOL
      : KNOWN,
  );
  if (role === "tool") return { role, parts: [decodeToolResult(node)] };
  const name = node.string("name");
  const parts = role === "assistant"
    ? decodeAssistant(node)
    : requireContent(node, role === "user" ? USER_TYPES : INSTRUCTION_TYPES);
  return { role, parts: markCache(node, parts), ...(name && { name }) };
}

function requireContent(
  node: RequestNode,
  types: readonly ContentType[],
): Part[] {
  const parts = decodeContent(node, types);
  if (!parts) throw node.missing("content");
  return parts;
}

/** Thought first, as the providers want it back; then words, then calls. */
function decodeAssistant(node: RequestNode): Part[] {
  if (node.has("function_call")) {
    throw node.refuse(
      "function_call",
      "The legacy field 'function_call' is not supported: use 'tool_calls'",
      "unsupported_parameter",
    );
  }
  const annotations = node.raw("annotations");
  // Answers come with an empty list, which clients echo.
  if (Array.isArray(annotations) && annotations.length > 0) {
    node.note("annotations");
  }
  const parts: Part[] = decodeReasoning(node);
  const calls = (node.nodes("tool_calls") ?? []).map(decodeToolCall);
  const content = decodeContent(node, ASSISTANT_TYPES);
  for (const part of content ?? []) {
    // Beside calls, "" means what null and no key mean (A15).
    const isEmpty = part.type === "text" && part.text === "";
    if (!isEmpty || calls.length === 0) parts.push(part);
  }
  signText(parts, decodeThoughtSignature(node));
  const refusal = node.string("refusal");
  if (refusal) parts.push({ type: "refusal", text: refusal });
  parts.push(...calls);
  if (parts.length === 0 && !content) throw node.missing("content");
  return parts;
}

/** Sets the signature on the last text, or on an empty one where there is none (D11). */
function signText(parts: Part[], signature: string | undefined): void {
  if (signature === undefined) return;
  const last = parts.findLastIndex(({ type }) => type === "text");
  const part = parts[last];
  if (part?.type === "text") parts[last] = { ...part, signature };
  else parts.push({ type: "text", text: "", signature });
}

function decodeToolCall(node: RequestNode): ToolCallPart {
  node.noteUnknown(KNOWN_IN_CALL);
  node.choice("type", ["function"]);
  const id = node.name("id");
  const call = node.requireNode("function");
  call.noteUnknown(KNOWN_IN_FUNCTION);
  const name = call.name("name");
  const text = call.string("arguments") ?? "";
  const cacheControl = decodeCacheControl(node);
  const signature = decodeThoughtSignature(node);
  return {
    type: "tool_call",
    id,
    name,
    arguments: text.trim() === "" ? "{}" : text,
    ...(signature && { signature }),
    ...(cacheControl && { cacheControl }),
  };
}

function decodeToolResult(node: RequestNode): Part {
  const callId = node.name("tool_call_id");
  const parts = requireContent(node, TOOL_TYPES).filter(isResultPart);
  const cacheControl = decodeCacheControl(node);
  return {
    type: "tool_result",
    callId,
    parts,
    ...(cacheControl && { cacheControl }),
  };
}

function isResultPart(part: Part): part is TextPart | ImagePart | FilePart {
  return part.type === "text" || part.type === "image" || part.type === "file";
}

/** Moves a message's own cache breakpoint behind its last part that can hold one. */
function markCache(node: RequestNode, parts: Part[]): Part[] {
  const cacheControl = decodeCacheControl(node);
  if (!cacheControl) return parts;
  const last = parts.findLastIndex((part) =>
    isResultPart(part) || part.type === "tool_call"
  );
  const part = parts[last];
  if (!part) node.note("cache_control");
  return part ? parts.with(last, { ...part, cacheControl } as Part) : parts;
}
