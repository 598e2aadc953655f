import type { Part } from "../../conversation.ts";
import { decodeCacheControl } from "./_decode_cache_control.ts";
import { decodeAudio, decodeFile, decodeImage } from "./_decode_media.ts";
import type { RequestNode } from "./_decode_node.ts";

/** A type of content part on the wire. */
export type ContentType =
  | "text"
  | "refusal"
  | "image_url"
  | "input_audio"
  | "file";

const KNOWN: ReadonlySet<string> = new Set([
  "type",
  "text",
  "refusal",
  "image_url",
  "input_audio",
  "file",
  "cache_control",
  "prompt_cache_breakpoint",
]);

/**
 * Reads a message's `content`: text, or an array of parts of the types that
 * its role may have.
 *
 * @returns `undefined` where there is none.
 */
export function decodeContent(
  message: RequestNode,
  types: readonly ContentType[],
): Part[] | undefined {
  const content = message.raw("content");
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (content !== undefined && content !== null && !Array.isArray(content)) {
    throw message.wrongType("content", "a string or an array of objects");
  }
  return message.nodes("content")?.map((part) => decodePart(part, types));
}

function decodePart(node: RequestNode, types: readonly ContentType[]): Part {
  node.noteUnknown(KNOWN);
  if (!node.has("type")) throw node.missing("type");
  const type = node.choice("type", types);
  if (type === "input_audio") {
    if (decodeCacheControl(node)) node.note("cache_control");
    return decodeAudio(node);
  }
  const cacheControl = decodeCacheControl(node);
  const cached = cacheControl ? { cacheControl } : {};
  switch (type) {
    case "image_url":
      return { type: "image", ...decodeImage(node), ...cached };
    case "file":
      return { type: "file", ...decodeFile(node), ...cached };
    case "refusal":
      if (cacheControl) node.note("cache_control");
      return { type: "refusal", text: requireText(node, "refusal") };
    default:
      return { type: "text", text: requireText(node, "text"), ...cached };
  }
}

function requireText(node: RequestNode, key: string): string {
  const text = node.string(key);
  if (text === undefined) throw node.missing(key);
  return text;
}
