import type { TextPart, ToolResultPart } from "../../conversation.ts";
import { wireCallId } from "./_encode_call_ids.ts";
import { encodeContent } from "./_encode_content.ts";
import { encodeFile, encodeImage } from "./_encode_media.ts";
import { cacheMark, type Site } from "./_encode_site.ts";
import type { MutableJson } from "./_pass_json.ts";

/** A tool's result on the wire. */
export interface EncodedResult {
  /** The caller's id of the call. */
  readonly callId: string;
  /** The one message of role `tool`. */
  readonly messages: MutableJson[];
  /** What such a message can't have, as content parts of a user's message. */
  readonly beside: MutableJson[];
}

/**
 * Encodes a tool's result (A24, C10, C11). A tool message holds text alone:
 * pictures and files go into a user's message behind the results, and that a
 * tool failed is said in the text. The site is the message.
 */
export function encodeResult(part: ToolResultPart, site: Site): EncodedResult {
  const { param, target } = site;
  const { losses, quirks } = target;
  const id = wireCallId(part.callId, quirks);
  const texts: TextPart[] = [];
  const media: MutableJson[] = [];
  for (const [index, piece] of part.parts.entries()) {
    const at = { param: `${param}.content[${index}]`, target };
    if (piece.type === "text") texts.push(piece);
    else if (piece.type === "image") media.push(encodeImage(piece));
    else addFile(encodeFile(piece, at), { texts, media });
  }
  if (media.length > 0) {
    losses.add("approximated", param, "media sent beside the tool result");
    media.unshift({ type: "text", text: `Result of the tool call ${id}:` });
    if (texts.length === 0) {
      texts.push({ type: "text", text: "(It is in the user's next message.)" });
    }
  }
  if (part.isError) {
    losses.add("approximated", `${param}.is_error`, "said in the text");
    markError(texts);
  }
  const message = {
    role: "tool",
    tool_call_id: id,
    content: encodeContent(texts, site),
    ...cacheMark(part.cacheControl, target),
  };
  return { callId: part.callId, messages: [message], beside: media };
}

/** A file that has become text can stay in the result. */
function addFile(
  file: MutableJson,
  { texts, media }: { texts: TextPart[]; media: MutableJson[] },
): void {
  if (typeof file.text === "string") {
    texts.push({ type: "text", text: file.text });
  } else media.push(file);
}

function markError(texts: TextPart[]): void {
  const [first] = texts;
  if (first === undefined || first.text === "") {
    texts[0] = { type: "text", text: "Error" };
  } else if (!/^\W{0,3}error/i.test(first.text)) {
    texts[0] = { ...first, text: `Error: ${first.text}` };
  }
}
