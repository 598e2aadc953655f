import type { Part } from "../../conversation.ts";
import { decodeCacheControl } from "../openai_chat/_decode_cache_control.ts";
import { decodeAudio } from "../openai_chat/_decode_media.ts";
import type { RequestNode } from "../openai_chat/_decode_node.ts";
import { decodeFile, decodeImage } from "./_decode_media.ts";

/** A type of content part on the wire. */
export type ContentType =
  | "input_text"
  | "input_image"
  | "input_file"
  | "input_audio"
  | "output_text"
  | "refusal";

const KNOWN: ReadonlySet<string> = new Set([
  "type",
  "text",
  "refusal",
  "image_url",
  "detail",
  "file_id",
  "file_data",
  "file_url",
  "filename",
  "input_audio",
  "annotations",
  "logprobs",
  "prompt_cache_breakpoint",
  "cache_control",
]);

/** What is read, and where of. */
export interface ContentPlace {
  readonly key: "content" | "output";
  /** The types of part that may be there (B25). */
  readonly types: readonly ContentType[];
}

/** Reads a text, or an array of content parts. */
export function decodeContent(
  node: RequestNode,
  { key, types }: ContentPlace,
): Part[] {
  const content = node.raw(key);
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!node.has(key)) throw node.missing(key);
  if (!Array.isArray(content)) {
    throw node.wrongType(key, "a string or an array of objects");
  }
  return (node.nodes(key) ?? []).map((part) => decodePart(part, types));
}

function decodePart(node: RequestNode, types: readonly ContentType[]): Part {
  node.noteUnknown(KNOWN);
  if (!node.has("type")) throw node.missing("type");
  const type = node.choice("type", types);
  const cacheControl = decodeCacheControl(node);
  const cached = cacheControl ? { cacheControl } : {};
  switch (type) {
    case "input_image":
      return { type: "image", ...decodeImage(node), ...cached };
    case "input_file":
      return { type: "file", ...decodeFile(node), ...cached };
    case "input_audio":
      if (cacheControl) node.note("cache_control");
      return decodeAudio(node);
    case "refusal":
      if (cacheControl) node.note("cache_control");
      return { type: "refusal", text: requireText(node, "refusal") };
    default:
      noteAnnotations(node);
      return { type: "text", text: requireText(node, "text"), ...cached };
  }
}

/** Answers come with an empty list, which clients echo. */
function noteAnnotations(node: RequestNode): void {
  const annotations = node.raw("annotations");
  if (Array.isArray(annotations) && annotations.length > 0) {
    node.note("annotations");
  }
}

function requireText(node: RequestNode, key: string): string {
  const text = node.string(key);
  if (text === undefined) throw node.missing(key);
  return text;
}
