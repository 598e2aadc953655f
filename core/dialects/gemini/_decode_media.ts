import type { AudioPart, FilePart, ImagePart } from "../../conversation.ts";
import type { RequestNode } from "../openai_chat/_decode_node.ts";

/** How long an address may be. */
const MAX_URL = 8192;
const STORE =
  /^https:\/\/generativelanguage\.googleapis\.com\/v\w+\/(files\/.+)/;
/** An id of OpenAI's store, where a request with it ends up. */
const OPENAI_ID = /^file-[\w-]{1,250}$/;
const INLINE_MEMBERS: ReadonlySet<string> = new Set(["mimeType", "data"]);
const FILE_MEMBERS: ReadonlySet<string> = new Set(["mimeType", "fileUri"]);
/** Formats of sound whose names differ from those of their media types. */
const FORMATS: ReadonlyMap<string, string> = new Map([
  ["mpeg", "mp3"],
  ["x-wav", "wav"],
  ["wave", "wav"],
]);

/** Reads media by value (A32, O10). */
export function decodeInlineData(
  node: RequestNode,
): ImagePart | AudioPart | FilePart {
  node.noteUnknown(INLINE_MEMBERS);
  const mediaType = node.name("mimeType").toLowerCase();
  const data = plainBase64(node.name("data"));
  const [kind, format = ""] = mediaType.split(";", 1)[0]!.split("/");
  if (kind === "image") return { type: "image", data, mediaType };
  if (kind === "audio") {
    return { type: "audio", data, format: FORMATS.get(format) ?? format };
  }
  return { type: "file", data, mediaType };
}

/** Reads media by address: of the web, or of the provider's own store. */
export function decodeFileData(node: RequestNode): ImagePart | FilePart {
  node.noteUnknown(FILE_MEMBERS);
  const uri = node.name("fileUri");
  const mediaType = node.string("mimeType")?.toLowerCase();
  const rest = mediaType ? { mediaType } : {};
  const isStored = uri.startsWith("gs://") || OPENAI_ID.test(uri);
  const [, stored = isStored ? uri : undefined] = STORE.exec(uri) ?? [];
  if (stored !== undefined) return { type: "file", fileId: stored, ...rest };
  if (!/^https:\/\//i.test(uri) || uri.length > MAX_URL || !URL.canParse(uri)) {
    throw node.refuse(
      "fileUri",
      `Invalid '${node.path("fileUri")}': expected an https or a gs URL`,
      "invalid_value",
    );
  }
  return mediaType?.startsWith("image/")
    ? { type: "image", url: uri, mediaType }
    : { type: "file", url: uri, ...rest };
}

/** Google's APIs take base64 in either alphabet, others in the plain one only. */
function plainBase64(data: string): string {
  return /[-_]/.test(data)
    ? data.replaceAll("-", "+").replaceAll("_", "/")
    : data;
}
