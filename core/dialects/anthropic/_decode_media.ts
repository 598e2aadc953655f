import type { FilePart, ImagePart, TextPart } from "../../conversation.ts";
import type { RequestNode } from "../openai_chat/_decode_node.ts";
import { decodeCacheControl } from "./_decode_cache_control.ts";

/** How long an address may be. */
const MAX_URL = 8192;

const IMAGE_MEMBERS: ReadonlySet<string> = new Set([
  "type",
  "source",
  "cache_control",
]);
const DOCUMENT_MEMBERS: ReadonlySet<string> = new Set([
  "type",
  "source",
  "title",
  "citations",
  "cache_control",
]);
const SEARCH_MEMBERS: ReadonlySet<string> = new Set([
  "type",
  "source",
  "title",
  "content",
  "citations",
  "cache_control",
]);

const encoder = new TextEncoder();

/** Reads an image by value, by address, or by the id of a file (A32, O10). */
export function decodeImage(node: RequestNode): ImagePart | FilePart {
  node.noteUnknown(IMAGE_MEMBERS);
  const cached = decodeCacheControl(node);
  const source = node.requireNode("source");
  switch (requireType(source, ["base64", "url", "file"])) {
    case "base64": {
      const mediaType = source.name("media_type");
      if (!mediaType.startsWith("image/")) {
        throw source.wrongValue("media_type", ["image/*"]);
      }
      const data = source.name("data");
      return { type: "image", data, mediaType, ...cached };
    }
    case "url":
      return { type: "image", url: requireUrl(source), ...cached };
    case "file": {
      // The wire does not tell the kind of image.
      const fileId = source.name("file_id");
      return { type: "file", fileId, mediaType: "image/*", ...cached };
    }
  }
}

/** Reads a document: a PDF, plain text, an address, the id of a file, or content in pieces. */
export function decodeDocument(
  node: RequestNode,
): (FilePart | TextPart | ImagePart)[] {
  node.noteUnknown(DOCUMENT_MEMBERS);
  noteCitations(node);
  const title = node.string("title");
  const rest = {
    ...(title && { filename: title }),
    ...decodeCacheControl(node),
  };
  const source = node.requireNode("source");
  switch (requireType(source, ["base64", "text", "url", "file", "content"])) {
    case "base64":
      return [{
        type: "file",
        data: source.name("data"),
        mediaType: source.name("media_type"),
        ...rest,
      }];
    case "text":
      return [textFile(source.string("data") ?? "", rest)];
    case "url":
      return [{
        type: "file",
        url: requireUrl(source),
        mediaType: "application/pdf",
        ...rest,
      }];
    case "file":
      return [{ type: "file", fileId: source.name("file_id"), ...rest }];
    case "content":
      return decodePieces(node, source, rest);
  }
}

/** Content in pieces is cited by piece; where there are no citations the pieces are all there is. */
function decodePieces(
  node: RequestNode,
  source: RequestNode,
  rest: Pick<FilePart, "filename" | "cacheControl">,
): (FilePart | TextPart | ImagePart)[] {
  const content = source.raw("content");
  if (typeof content === "string") return [textFile(content, rest)];
  const nodes = source.nodes("content");
  if (!nodes || nodes.length === 0) throw source.missing("content");
  if (rest.filename) node.note("title");
  const parts = nodes.map((piece) =>
    requireType(piece, ["text", "image"]) === "image"
      ? decodeImage(piece)
      : decodeText(piece)
  );
  const { cacheControl } = rest;
  const last = parts.at(-1);
  return cacheControl && last
    ? parts.with(-1, { ...last, cacheControl })
    : parts;
}

/** Reads a search result as text: what it says, and where it was found. */
export function decodeSearchResult(node: RequestNode): TextPart {
  node.noteUnknown(SEARCH_MEMBERS);
  noteCitations(node);
  const nodes = node.nodes("content") ?? [];
  const texts = nodes.map((piece) => {
    requireType(piece, ["text"]);
    return decodeText(piece).text;
  });
  const head = [node.string("title"), node.string("source")];
  const text = [...head, ...texts].filter(Boolean).join("\n");
  return { type: "text", text, ...decodeCacheControl(node) };
}

/** Reads a block of text. Citations have no word. */
export function decodeText(node: RequestNode): TextPart {
  const text = node.string("text");
  if (text === undefined) throw node.missing("text");
  const citations = node.raw("citations");
  if (Array.isArray(citations) && citations.length > 0) node.note("citations");
  node.noteUnknown(TEXT_MEMBERS);
  return { type: "text", text, ...decodeCacheControl(node) };
}

const TEXT_MEMBERS: ReadonlySet<string> = new Set([
  "type",
  "text",
  "citations",
  "cache_control",
]);

/** A member that must be one of these words. */
export function requireType<const T extends string>(
  node: RequestNode,
  types: readonly T[],
): T {
  const type = node.choice("type", types);
  if (type === undefined) throw node.missing("type");
  return type;
}

function noteCitations(node: RequestNode): void {
  if (node.node("citations")?.boolean("enabled")) node.note("citations");
}

function textFile(
  text: string,
  rest: Pick<FilePart, "filename" | "cacheControl">,
): FilePart {
  const data = encoder.encode(text).toBase64();
  return { type: "file", data, mediaType: "text/plain", ...rest };
}

function requireUrl(source: RequestNode): string {
  const url = source.name("url");
  if (
    /^https:\/\//i.test(url) && url.length <= MAX_URL && URL.canParse(url)
  ) return url;
  throw source.refuse(
    "url",
    `Invalid '${source.path("url")}': expected an https URL`,
    "invalid_value",
  );
}
