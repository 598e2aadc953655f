import type { AudioPart, FilePart, ImagePart } from "../../conversation.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import type { Site } from "./_encoding.ts";

/** Where the files of the provider's own store are addressed. */
const FILE_STORE = "https://generativelanguage.googleapis.com/v1beta/";

/** Media types by the ending of an address, which must come with one. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["webp", "image/webp"],
  ["gif", "image/gif"],
  ["heic", "image/heic"],
  ["heif", "image/heif"],
  ["pdf", "application/pdf"],
  ["txt", "text/plain"],
  ["md", "text/markdown"],
  ["csv", "text/csv"],
  ["html", "text/html"],
  ["json", "application/json"],
  ["wav", "audio/wav"],
  ["mp3", "audio/mp3"],
  ["mp4", "video/mp4"],
]);

/** An image as the members of a part (A32, O10). */
export function imageData(part: ImagePart, { param, encoding }: Site): string {
  if (part.detail !== undefined && part.detail !== "auto") {
    encoding.losses.add(
      "dropped",
      `${param}.image_url.detail`,
      encoding.provider,
    );
  }
  const { data, mediaType = "image/png" } = part;
  return data !== undefined
    ? inlineData(data, mediaType === "image/jpg" ? "image/jpeg" : mediaType)
    : fileData(part.url, {
      param,
      mediaType: part.mediaType,
      fallback: "image/jpeg",
    });
}

/** A document as the members of a part. */
export function documentData(
  part: FilePart,
  { param, encoding }: Site,
): string {
  if (part.filename !== undefined) {
    encoding.losses.add(
      "dropped",
      `${param}.file.filename`,
      encoding.provider,
    );
  }
  const { data, mediaType, fileId } = part;
  if (data !== undefined) {
    return inlineData(data, mediaType ?? "application/pdf");
  }
  const url = fileId?.startsWith("files/") ? FILE_STORE + fileId : fileId;
  return fileData(url ?? part.url, {
    param,
    mediaType,
    fallback: "application/pdf",
  });
}

/** Sound as the members of a part. */
export function audioData({ data, format }: AudioPart): string {
  return inlineData(data, `audio/${format.toLowerCase()}`);
}

function inlineData(data: string, mediaType: string): string {
  return `"inlineData":{"mimeType":${JSON.stringify(mediaType)},"data":${
    JSON.stringify(data)
  }}`;
}

function fileData(
  url: string | undefined,
  { param, mediaType, fallback }: {
    readonly param: string;
    readonly mediaType: string | undefined;
    readonly fallback: string;
  },
): string {
  if (url === undefined || !/^(?:https|gs):\/\//i.test(url)) {
    throw cannotCarry(param, "send media by this address: use 'https:'");
  }
  const type = mediaType ?? typeOf(url) ?? fallback;
  return `"fileData":{"mimeType":${JSON.stringify(type)},"fileUri":${
    JSON.stringify(url)
  }}`;
}

function typeOf(url: string): string | undefined {
  const path = url.split(/[?#]/, 1)[0]!;
  const ending = path.slice(path.lastIndexOf(".") + 1);
  return TYPES.get(ending.toLowerCase());
}
