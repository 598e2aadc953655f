import type { AudioPart, FilePart, ImagePart } from "../../conversation.ts";
import type { RequestNode } from "./_decode_node.ts";

/** How long an address may be; what is longer was meant as data. */
const MAX_URL = 8192;
/** Where the comma of a data URL must come. */
const MAX_DATA_HEAD = 256;
const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,64}\/[a-z0-9!#$&^_.+-]{1,64}$/;

const KNOWN_IN_IMAGE: ReadonlySet<string> = new Set(["url", "detail"]);
const KNOWN_IN_FILE: ReadonlySet<string> = new Set([
  "filename",
  "file_id",
  "file_data",
]);

/** Data by value, or where it is. */
export type Source =
  | { readonly url: string }
  | { readonly data: string; readonly mediaType: string };

/** Reads an `image_url` part: a base64 data URL or an `https:` address (A32). */
export function decodeImage(part: RequestNode): Omit<ImagePart, "type"> {
  const image = part.requireNode("image_url");
  image.noteUnknown(KNOWN_IN_IMAGE);
  const source = decodeSource(image, {
    key: "url",
    text: image.name("url"),
  });
  if (!source || "data" in source && !source.mediaType.startsWith("image/")) {
    throw image.refuse(
      "url",
      `Invalid '${
        image.path("url")
      }': expected an https URL or a data URL with a base64-encoded image`,
      "invalid_value",
    );
  }
  let detail = image.choice("detail", ["auto", "low", "high", "original"]);
  if (detail === "original") {
    image.note("detail");
    detail = "high";
  }
  return { ...source, ...(detail && { detail }) };
}

/** Reads an `input_audio` part. */
export function decodeAudio(part: RequestNode): AudioPart {
  const audio = part.requireNode("input_audio");
  return {
    type: "audio",
    data: audio.name("data"),
    format: audio.name("format"),
  };
}

/** Reads a `file` part: an id, a data URL, bare base64 of a PDF, or an `https:` address. */
export function decodeFile(part: RequestNode): Omit<FilePart, "type"> {
  const file = part.requireNode("file");
  file.noteUnknown(KNOWN_IN_FILE);
  const filename = file.string("filename");
  const named = filename ? { filename } : {};
  const fileId = file.string("file_id");
  if (!file.has("file_data") && fileId) return { fileId, ...named };
  if (fileId) file.note("file_id");
  const text = file.name("file_data");
  const source = decodeSource(file, { key: "file_data", text });
  if (source) return { ...source, ...named };
  // "%PDF-" in base64. Other documents don't show what they are.
  if (text.startsWith("JVBERi")) {
    return { data: text, mediaType: "application/pdf", ...named };
  }
  throw file.refuse(
    "file_data",
    `Invalid '${
      file.path("file_data")
    }': expected a data URL with base64-encoded data and its media type`,
    "invalid_value",
  );
}

/** What a text points to or holds; `undefined` where it is neither address nor data URL. */
export function decodeSource(
  node: RequestNode,
  { key, text }: { readonly key: string; readonly text: string },
): Source | undefined {
  if (/^https:\/\//i.test(text)) {
    if (text.length <= MAX_URL && URL.canParse(text)) return { url: text };
    return undefined;
  }
  if (!/^data:/i.test(text)) return undefined;
  const comma = text.slice(0, MAX_DATA_HEAD).indexOf(",");
  const [type = "", ...parameters] = text.slice(5, Math.max(comma, 5))
    .toLowerCase().split(";");
  const data = text.slice(comma + 1);
  if (
    comma > 0 && parameters.at(-1) === "base64" && MEDIA_TYPE.test(type) &&
    data !== ""
  ) return { data, mediaType: type };
  throw node.refuse(
    key,
    `Invalid '${
      node.path(key)
    }': expected a data URL of the form 'data:<media type>;base64,<data>'`,
    "invalid_value",
  );
}
