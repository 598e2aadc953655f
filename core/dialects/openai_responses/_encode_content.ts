import type {
  AudioPart,
  FilePart,
  ImagePart,
  TextPart,
} from "../../conversation.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import type { Site } from "../openai_chat/_encode_site.ts";
import type { MutableJson } from "../openai_chat/_pass_json.ts";

/** A part that stands in the content of a message that is not the model's, or in a tool's result. */
export type InputPart = TextPart | ImagePart | FilePart | AudioPart;

/** Encodes content: one text is a string, anything else a list of parts (A32, O10). The site is the message. */
export function encodeContent(
  parts: readonly InputPart[],
  { param, target }: Site,
): string | MutableJson[] {
  const [first] = parts;
  if (parts.length === 1 && first?.type === "text") {
    reportMark(first, { param, target });
    return first.text;
  }
  return parts.map((part, index) =>
    encodePart(part, { param: `${param}.content[${index}]`, target })
  );
}

function encodePart(part: InputPart, site: Site): MutableJson {
  if (part.type !== "audio") reportMark(part, site);
  switch (part.type) {
    case "text":
      return { type: "input_text", text: part.text };
    case "image": {
      const { url, data = "", mediaType = "image/png", detail } = part;
      return {
        type: "input_image",
        image_url: url ?? dataUrl(data, mediaType),
        detail: detail ?? "auto",
      };
    }
    case "file":
      return encodeFile(part, site);
    case "audio": {
      const { data, format } = part;
      return { type: "input_audio", input_audio: { data, format } };
    }
  }
}

function encodeFile(part: FilePart, { param }: Site): MutableJson {
  const { url, data, fileId, filename, mediaType = "application/pdf" } = part;
  const type = "input_file";
  if (fileId !== undefined) return { type, file_id: fileId };
  if (mediaType.startsWith("image/")) {
    return {
      type: "input_image",
      image_url: url ?? dataUrl(data ?? "", mediaType),
      detail: "auto",
    };
  }
  if (url !== undefined) return { type, file_url: url };
  if (data === undefined) {
    throw cannotCarry(param, "send a file without data", "invalid_value");
  }
  // The provider refuses data without a name.
  const isPdf = mediaType === "application/pdf";
  const name = filename ?? (isPdf ? "document.pdf" : "document");
  return { type, filename: name, file_data: dataUrl(data, mediaType) };
}

/** The provider caches by itself; only its newest models take breakpoints. */
function reportMark(
  { cacheControl }: TextPart | ImagePart | FilePart,
  { target }: Site,
): void {
  if (!cacheControl) return;
  target.losses.add("dropped", "messages.cache_control", target.provider);
}

function dataUrl(data: string, mediaType: string): string {
  const type = mediaType === "image/jpg" ? "image/jpeg" : mediaType;
  return `data:${type};base64,${data}`;
}
