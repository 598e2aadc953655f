import type { Message, Part, TextPart } from "../../conversation.ts";
import type { RequestNode } from "../openai_chat/_decode_node.ts";
import { CallBook } from "./_call_book.ts";
import { decodeModelPart, decodeUserPart } from "./_decode_parts.ts";
import { nodesOf } from "./_request_nodes.ts";

const ROLES = ["user", "model", "function"] as const;
const CONTENT_MEMBERS: ReadonlySet<string> = new Set(["role", "parts"]);

/**
 * Reads `systemInstruction` and `contents` (D3). The results of tools in a
 * turn of the user become messages of their own in front of it (D8). Turns of
 * the model in a row are one: clients keep each piece of a stream as a turn.
 */
export function decodeContents(root: RequestNode): Message[] {
  const nodes = nodesOf(root, "contents");
  if (nodes.length === 0) throw root.missing("contents");
  const messages = decodeSystem(root);
  const book = new CallBook();
  let reply: Part[] | undefined;
  for (const node of nodes) {
    node.noteUnknown(CONTENT_MEMBERS);
    const isModel = node.choice("role", ROLES) === "model";
    const parts = nodesOf(node, "parts");
    if (!isModel) {
      if (parts.length === 0) throw node.missing("parts");
      reply = undefined;
      addUserTurn(messages, parts, book);
      continue;
    }
    if (parts.length === 0) continue;
    if (reply === undefined) {
      book.turn();
      reply = [];
      messages.push({ role: "assistant", parts: reply });
    }
    addPieces(reply, parts, book);
  }
  book.end();
  return messages;
}

/** The system prompt: one message at the head, of text alone. */
function decodeSystem(root: RequestNode): Message[] {
  const text = root.raw("systemInstruction");
  const parts: TextPart[] = [];
  if (typeof text === "string") parts.push({ type: "text", text });
  else {
    const system = root.node("systemInstruction");
    for (const part of system ? nodesOf(system, "parts") : []) {
      const text = part.string("text");
      if (text === undefined) throw part.missing("text");
      parts.push({ type: "text", text });
    }
  }
  return parts.length === 0 ? [] : [{ role: "system", parts }];
}

function addUserTurn(
  messages: Message[],
  nodes: readonly RequestNode[],
  book: CallBook,
): void {
  const parts: Part[] = [];
  for (const node of nodes) {
    const part = decodeUserPart(node, book);
    if (part?.type === "tool_result") {
      messages.push({ role: "tool", parts: [part] });
    } else if (part) parts.push(part);
  }
  if (parts.length > 0) messages.push({ role: "user", parts });
}

/** Adds one turn of the model; a thought or text that an earlier piece has begun goes on. */
function addPieces(
  reply: Part[],
  nodes: readonly RequestNode[],
  book: CallBook,
): void {
  const begun = reply.length;
  for (const node of nodes) {
    const part = decodeModelPart(node, book);
    if (part === undefined) continue;
    const last = reply.at(-1);
    const isNext = reply.length === begun && begun > 0;
    const joined = part.type === "reasoning" || isNext
      ? join(last, part)
      : undefined;
    if (joined) reply[reply.length - 1] = joined;
    else reply.push(part);
  }
}

/** Two pieces of one part; `undefined` where they are two parts. */
function join(last: Part | undefined, part: Part): Part | undefined {
  if (last?.type === "text" && part.type === "text") {
    // What is signed stays a part of its own (D9).
    if (last.signature !== undefined || part.signature !== undefined) {
      return undefined;
    }
    return { ...last, text: last.text + part.text };
  }
  if (last?.type !== "reasoning" || part.type !== "reasoning") return undefined;
  const isClosed = last.signature !== undefined ||
    last.redacted !== undefined || part.redacted !== undefined;
  return isClosed ? undefined : { ...part, text: last.text + part.text };
}
