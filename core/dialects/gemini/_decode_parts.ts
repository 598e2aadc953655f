import type {
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from "../../conversation.ts";
import { isJsonObject, type RequestNode } from "../openai_chat/_decode_node.ts";
import type { CallBook } from "./_call_book.ts";
import { decodeFileData, decodeInlineData } from "./_decode_media.ts";
import { nodesOf, unsupported } from "./_request_nodes.ts";
import { openThought } from "./_thought_seal.ts";

/** What makes a part what it is; each has one of them. */
const KINDS = [
  "functionCall",
  "functionResponse",
  "inlineData",
  "fileData",
  "executableCode",
  "codeExecutionResult",
  "toolCall",
  "toolResponse",
  "text",
] as const;
const PART_MEMBERS: ReadonlySet<string> = new Set([
  ...KINDS,
  "thought",
  "thoughtSignature",
]);
const CALL_MEMBERS: ReadonlySet<string> = new Set(["id", "name", "args"]);
const RESULT_MEMBERS: ReadonlySet<string> = new Set([
  "id",
  "name",
  "response",
  "parts",
]);

/** A part of a turn of the user (D3). */
export function decodeUserPart(
  node: RequestNode,
  book: CallBook,
): Part | undefined {
  const kind = kindOf(node);
  if (kind === "functionResponse") return decodeResult(node, book);
  if (kind === "text") return { type: "text", text: node.string("text") ?? "" };
  return decodeOther(node, kind);
}

/** A part of a turn of the model (D9–D12). */
export function decodeModelPart(
  node: RequestNode,
  book: CallBook,
): Part | undefined {
  const kind = kindOf(node);
  const signature = node.string("thoughtSignature") ?? "";
  if (kind === "functionCall") return decodeCall(node, book, signature);
  if (node.boolean("thought")) return decodeThought(node, signature);
  if (kind === "text" || kind === undefined && signature !== "") {
    const text = node.string("text") ?? "";
    if (signature !== "" && !openThought(signature)) {
      return { type: "text", text, signature };
    }
    // How streams end, and clients keep their pieces.
    return text === "" ? undefined : { type: "text", text };
  }
  if (kind === "inlineData" || kind === "fileData") {
    throw unsupported(node, {
      key: kind,
      what: "Media of the model's own are",
    });
  }
  return decodeOther(node, kind);
}

function kindOf(node: RequestNode): (typeof KINDS)[number] | undefined {
  node.noteUnknown(PART_MEMBERS);
  return KINDS.find((kind) => node.has(kind));
}

function decodeOther(
  node: RequestNode,
  kind: (typeof KINDS)[number] | undefined,
): Part | undefined {
  switch (kind) {
    case undefined:
      return undefined;
    case "inlineData":
      return decodeInlineData(node.requireNode(kind));
    case "fileData":
      return decodeFileData(node.requireNode(kind));
    case "executableCode":
      // Code that Google ran, and what came of it, other models read as text.
      node.note(kind);
      return fenced(node.requireNode(kind).string("code") ?? "", "python");
    case "codeExecutionResult":
      node.note(kind);
      return fenced(node.requireNode(kind).string("output") ?? "");
    case "toolCall":
    case "toolResponse":
      // The provider's own tools: the text beside them says what came of it.
      node.note(kind);
      return undefined;
  }
  throw node.refuse(
    kind,
    `Invalid '${node.path(kind)}': it can't stand in a turn of this role`,
    "invalid_value",
  );
}

function fenced(text: string, language = ""): TextPart {
  const fence = "```";
  return { type: "text", text: `${fence}${language}\n${text}\n${fence}\n` };
}

/** Thought; a signature is of use where the gateway has sealed another provider's. */
function decodeThought(node: RequestNode, signature: string): ReasoningPart {
  const text = node.string("text") ?? "";
  const seal = openThought(signature);
  if (seal?.kind === "redacted") {
    return { type: "reasoning", text: "", redacted: seal.data };
  }
  if (seal === undefined && signature !== "") node.note("thoughtSignature");
  return seal
    ? { type: "reasoning", text, signature: seal.data }
    : { type: "reasoning", text };
}

function decodeCall(
  node: RequestNode,
  book: CallBook,
  signature: string,
): ToolCallPart {
  const call = node.requireNode("functionCall");
  call.noteUnknown(CALL_MEMBERS);
  const id = book.call(node);
  const args = call.raw("args") ?? {};
  const text = isJsonObject(args) ? JSON.stringify(args) : "";
  // A number that is kept to the last digit is an object, too.
  if (!text.startsWith("{")) throw call.wrongType("args", "an object");
  return {
    type: "tool_call",
    id,
    name: call.name("name"),
    arguments: text,
    ...(signature !== "" && !openThought(signature) && { signature }),
  };
}

function decodeResult(node: RequestNode, book: CallBook): ToolResultPart {
  const result = node.requireNode("functionResponse");
  result.noteUnknown(RESULT_MEMBERS);
  const callId = book.result(node);
  const response = result.raw("response") ?? {};
  if (!isJsonObject(response)) {
    throw result.wrongType("response", "an object");
  }
  const { text, isError } = outputOf(response);
  const media = nodesOf(result, "parts").map((part) => {
    if (part.has("inlineData")) {
      return decodeInlineData(part.requireNode("inlineData"));
    }
    return decodeFileData(part.requireNode("fileData"));
  });
  return {
    type: "tool_result",
    callId,
    parts: [
      { type: "text", text },
      ...media.map((part, index) => {
        if (part.type !== "audio") return part;
        throw unsupported(result, {
          key: `parts[${index}]`,
          what: "Sound of a tool is",
        });
      }),
    ],
    ...(isError && { isError }),
  };
}

/**
 * What a tool said: a lone `result` or `output` that is text is unwrapped, and
 * an `error` tells that it failed, whatever stands beside it (C10, D7).
 */
function outputOf(
  response: Readonly<Record<string, unknown>>,
): { readonly text: string; readonly isError: boolean } {
  const [key = "", ...others] = Object.keys(response);
  const value = response[key];
  const isError = Boolean(response.error);
  const isWrapped = others.length === 0 &&
    (isError || key === "result" || key === "output");
  if (isWrapped && typeof value === "string" && !/^\s*\{/.test(value)) {
    return { text: value, isError };
  }
  const told = isWrapped && isError && isJsonObject(value) ? value : response;
  return { text: JSON.stringify(told), isError };
}
