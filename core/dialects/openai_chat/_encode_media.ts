import type { AudioPart, FilePart, ImagePart } from "../../conversation.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import type { Site } from "./_encode_site.ts";
import type { MutableJson } from "./_pass_json.ts";

/** Media types whose files are sent as text. */
const TEXTUAL = /^(?:text\/|application\/json$)/;

/** An image as a content part (A32, O10). */
export function encodeImage(part: ImagePart): MutableJson {
  const { detail } = part;
  const url = part.url ?? dataUrl(part.data, part.mediaType ?? "image/png");
  return { type: "image_url", image_url: { url, ...(detail && { detail }) } };
}

/** Recorded sound as a content part. */
export function encodeAudio({ data, format }: AudioPart): MutableJson {
  return { type: "input_audio", input_audio: { data, format } };
}

/**
 * A document as a content part: by id or by value; an address as OpenRouter
 * takes it. Images are sent as such, text as text.
 */
export function encodeFile(part: FilePart, site: Site): MutableJson {
  const { data, fileId, filename, mediaType = "application/pdf" } = part;
  const { losses, provider } = site.target;
  if (fileId !== undefined) {
    const named = filename === undefined ? {} : { filename };
    return { type: "file", file: { file_id: fileId, ...named } };
  }
  if (mediaType.startsWith("image/")) {
    if (filename !== undefined) {
      losses.add("dropped", `${site.param}.file.filename`, "an image");
    }
    return { type: "image_url", image_url: { url: fileUrl(part, site) } };
  }
  if (data !== undefined && TEXTUAL.test(mediaType)) {
    losses.add("changed", `${site.param}.file`, `sent as text to ${provider}`);
    if (filename !== undefined) {
      losses.add("dropped", `${site.param}.file.filename`, "sent as text");
    }
    return { type: "text", text: decodeText(data, site.param) };
  }
  const isPdf = mediaType === "application/pdf";
  return {
    type: "file",
    file: {
      // The provider refuses data without a name.
      filename: filename ?? (isPdf ? "document.pdf" : "document"),
      file_data: fileUrl(part, site),
    },
  };
}

function fileUrl(part: FilePart, { param }: Site): string {
  if (part.url !== undefined) return part.url;
  if (part.data === undefined) {
    throw cannotCarry(param, "send a file without data", "invalid_value");
  }
  return dataUrl(part.data, part.mediaType ?? "application/pdf");
}

function dataUrl(data: string | undefined, mediaType: string): string {
  const type = mediaType === "image/jpg" ? "image/jpeg" : mediaType;
  return `data:${type};base64,${data ?? ""}`;
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
