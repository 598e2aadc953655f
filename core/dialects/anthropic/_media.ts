import type { FilePart, ImagePart } from "../../conversation.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import type { Site } from "./_encoding.ts";

/** Media types whose files are sent as text. */
const TEXTUAL = /^(?:text\/|application\/json$)/;

/** An image as a block (A32, O10). */
export function imageBlock(
  part: ImagePart,
  { param, encoding }: Site,
): string {
  if (part.detail !== undefined && part.detail !== "auto") {
    encoding.losses.add(
      "dropped",
      `${param}.image_url.detail`,
      encoding.provider,
    );
  }
  const source = part.data !== undefined
    ? base64Source(part.data, imageType(part.mediaType))
    : urlSource(part.url, param);
  const mark = encoding.cacheMarks.take(part.cacheControl);
  return `{"type":"image","source":${source}${mark}}`;
}

/** A document as a block: PDF, plain text, an address or the provider's own file. */
export function fileBlock(
  part: FilePart,
  { param, encoding }: Site,
): string {
  const { mediaType = "application/pdf", data, fileId } = part;
  const isByAddress = data === undefined && fileId === undefined;
  if (!isByAddress && mediaType.startsWith("image/")) {
    if (part.filename !== undefined) {
      encoding.losses.add("dropped", `${param}.file.filename`, "an image");
    }
    const source = data === undefined
      ? storeSource(fileId)
      : base64Source(data, imageType(mediaType));
    const mark = encoding.cacheMarks.take(part.cacheControl);
    return `{"type":"image","source":${source}${mark}}`;
  }
  const title = part.filename === undefined
    ? ""
    : `,"title":${JSON.stringify(part.filename)}`;
  const source = documentSource(part, mediaType, { param, encoding });
  const mark = encoding.cacheMarks.take(part.cacheControl);
  return `{"type":"document","source":${source}${title}${mark}}`;
}

function documentSource(
  part: FilePart,
  mediaType: string,
  { param, encoding }: Site,
): string {
  if (part.fileId !== undefined) return storeSource(part.fileId);
  if (part.data === undefined) return urlSource(part.url, param);
  if (mediaType === "application/pdf") {
    return base64Source(part.data, mediaType);
  }
  if (!TEXTUAL.test(mediaType)) {
    throw cannotCarry(
      param,
      `send a file of type '${mediaType.slice(0, 100)}': use PDF or plain text`,
    );
  }
  const text = JSON.stringify(decodeText(part.data, param));
  if (mediaType !== "text/plain") {
    const what = mediaType.slice(0, 40);
    encoding.losses.add(
      "changed",
      `${param}.file.file_data`,
      `${what} sent as text/plain`,
    );
  }
  return `{"type":"text","media_type":"text/plain","data":${text}}`;
}

function base64Source(data: string, mediaType: string): string {
  const type = JSON.stringify(mediaType);
  return `{"type":"base64","media_type":${type},"data":${
    JSON.stringify(data)
  }}`;
}

function storeSource(fileId: string | undefined): string {
  return `{"type":"file","file_id":${JSON.stringify(fileId)}}`;
}

function urlSource(url: string | undefined, param: string): string {
  if (url === undefined || !/^https:\/\//i.test(url)) {
    throw cannotCarry(param, "send media by this address: use 'https:'");
  }
  return `{"type":"url","url":${JSON.stringify(url)}}`;
}

function imageType(mediaType = "image/png"): string {
  return mediaType === "image/jpg" ? "image/jpeg" : mediaType;
}

function decodeText(base64: string, param: string): string {
  try {
    const bytes = Uint8Array.fromBase64(base64);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw cannotCarry(
      param,
      "read the file: no base64 of UTF-8 text",
      "invalid_value",
    );
  }
}
