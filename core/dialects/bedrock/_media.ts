import type { AudioPart, FilePart, ImagePart } from "../../conversation.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import { cachePoint, type Site } from "./_encoding.ts";

/** Formats of images by media type (E18). */
const IMAGES: ReadonlyMap<string, string> = new Map([
  ["image/png", "png"],
  ["image/jpeg", "jpeg"],
  ["image/jpg", "jpeg"],
  ["image/gif", "gif"],
  ["image/webp", "webp"],
]);
/** Formats of documents by media type (E18). */
const DOCUMENTS: ReadonlyMap<string, string> = new Map([
  ["application/pdf", "pdf"],
  ["text/csv", "csv"],
  ["application/msword", "doc"],
  [
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "docx",
  ],
  ["application/vnd.ms-excel", "xls"],
  [
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsx",
  ],
  ["text/html", "html"],
  ["text/markdown", "md"],
  ["text/plain", "txt"],
]);
const MAX_NAME = 200;

/** An image as a block (A32, E18, O10). */
export function imageBlock(part: ImagePart, { param, encoding }: Site): string {
  if (part.detail !== undefined && part.detail !== "auto") {
    const { losses, provider } = encoding;
    losses.add("dropped", `${param}.image_url.detail`, provider);
  }
  const { mediaType = formatOf(part.url) ?? "image/png" } = part;
  const format = IMAGES.get(mediaType);
  if (format === undefined) throw unknownType(mediaType, param);
  return `{"image":{"format":"${format}","source":${sourceOf(part, param)}}}` +
    cachePoint(part.cacheControl, encoding);
}

/** A document as a block, or an image that came as a file (E18). */
export function fileBlock(part: FilePart, { param, encoding }: Site): string {
  const { mediaType = "application/pdf", fileId } = part;
  if (fileId !== undefined) {
    throw cannotCarry(param, "send a file of another provider's store");
  }
  if (IMAGES.has(mediaType)) {
    const { filename: _, fileId: __, ...image } = part;
    return imageBlock({ ...image, type: "image" }, { param, encoding });
  }
  const format = DOCUMENTS.get(mediaType);
  if (format === undefined) throw unknownType(mediaType, param);
  const name = documentName(part.filename, { param, encoding });
  return `{"document":{"format":"${format}","name":${
    JSON.stringify(name)
  },"source":${sourceOf(part, param)}}}` +
    cachePoint(part.cacheControl, encoding);
}

/** Sound as a block. */
export function audioBlock({ data, format }: AudioPart): string {
  return `{"audio":{"format":${JSON.stringify(format)},"source":{"bytes":${
    JSON.stringify(data)
  }}}}`;
}

/**
 * A name in the letters that documents may have: letters, digits, single
 * spaces, hyphens, round and square brackets. It is the model's to read, and no
 * two in a request are alike.
 */
function documentName(
  filename: string | undefined,
  { param, encoding: { documents, losses } }: Site,
): string {
  const given = filename?.slice(0, MAX_NAME) ?? "document";
  const plain = given.replace(/[^a-zA-Z0-9\-()[\]]+/g, " ").trim() ||
    "document";
  let name = plain;
  for (let n = 2; documents.has(name); n++) name = `${plain} (${n})`;
  documents.add(name);
  if (filename !== undefined && name !== filename) {
    losses.add("changed", `${param}.file.filename`, name);
  }
  return name;
}

function sourceOf(
  { data, url }: { readonly data?: string; readonly url?: string },
  param: string,
): string {
  if (data !== undefined) return `{"bytes":${JSON.stringify(data)}}`;
  if (url?.startsWith("s3://")) {
    return `{"s3Location":{"uri":${JSON.stringify(url)}}}`;
  }
  throw cannotCarry(
    param,
    "send media by this address to this provider: send them as base64, or by 's3://'",
  );
}

/** What an address without a media type says of it. */
function formatOf(url: string | undefined): string | undefined {
  const ending = /\.(png|jpe?g|gif|webp)$/i.exec(url ?? "")?.[1];
  return ending === undefined ? undefined : `image/${ending.toLowerCase()}`;
}

function unknownType(mediaType: string, param: string): Error {
  const type = mediaType.slice(0, 100);
  return cannotCarry(param, `send a file of type '${type}' to this provider`);
}
