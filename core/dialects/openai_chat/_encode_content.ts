import type {
  AudioPart,
  FilePart,
  ImagePart,
  TextPart,
} from "../../conversation.ts";
import { encodeAudio, encodeFile, encodeImage } from "./_encode_media.ts";
import { cacheMark, type Site } from "./_encode_site.ts";
import type { MutableJson } from "./_pass_json.ts";

/** A part that stands in a message's `content`. */
export type ContentPart = TextPart | ImagePart | FilePart | AudioPart;

/** Stands between texts that become one, so that the words of two don't run together. */
const BETWEEN = "\n\n";

/**
 * Encodes a message's `content`: one text is a string, anything else a list of
 * parts. Providers that want strings get all text in one (A24). The site is
 * the message.
 */
export function encodeContent(
  parts: readonly ContentPart[],
  site: Site,
): string | MutableJson[] {
  const items: MutableJson[] = [];
  for (const [index, part] of parts.entries()) {
    // Empty text says nothing, and some models refuse it beside other parts.
    if (part.type === "text" && part.text === "") continue;
    const param = `${site.param}.content[${index}]`;
    items.push(encodePart(part, { param, target: site.target }));
  }
  const [first] = items;
  if (first === undefined) return "";
  const isText = items.every(isPlainText);
  if (isText && (items.length === 1 || site.target.quirks.stringContent)) {
    return items.map(({ text }) => text).join(BETWEEN);
  }
  return items;
}

/** Whether a part is text and nothing else. */
function isPlainText(part: MutableJson): boolean {
  return part.type === "text" && part.cache_control === undefined;
}

function encodePart(part: ContentPart, site: Site): MutableJson {
  switch (part.type) {
    case "text":
      return {
        type: "text",
        text: part.text,
        ...cacheMark(part.cacheControl, site.target),
      };
    case "image":
      return {
        ...encodeImage(part),
        ...cacheMark(part.cacheControl, site.target),
      };
    case "file":
      return {
        ...encodeFile(part, site),
        ...cacheMark(part.cacheControl, site.target),
      };
    case "audio":
      return encodeAudio(part);
  }
}
