import { wrongType, wrongValue } from "./_api_error.ts";
import { isObject, type JsonObject } from "./_json_fields.ts";

const PARTS: ReadonlySet<unknown> = new Set([
  "text",
  "image_url",
  "input_audio",
  "file",
  "refusal",
]);

/** Checks the content of a message and counts the characters of its texts. */
export function contentChars(message: JsonObject, at: string): number {
  const content = message["content"] ?? undefined;
  if (typeof content === "string") return content.length;
  const where = `${at}.content`;
  if (content === undefined) {
    if (message["role"] === "assistant") return 0;
    throw wrongType(where, "a string or an array of parts");
  }
  if (!Array.isArray(content)) {
    throw wrongType(where, "a string or an array of parts");
  }
  let chars = 0;
  for (let i = 0; i < content.length; i++) {
    const part: unknown = content[i];
    if (!isObject(part)) throw wrongType(`${where}[${i}]`, "an object");
    const type = part["type"];
    if (!PARTS.has(type)) {
      throw wrongValue(
        `${where}[${i}].type`,
        `one of ${[...PARTS].join(", ")}`,
      );
    }
    if (type !== "text") continue;
    const text = part["text"];
    if (typeof text !== "string") {
      throw wrongType(`${where}[${i}].text`, "a string");
    }
    chars += text.length;
  }
  return chars;
}

/** The joined texts of a content that {@linkcode contentChars} has checked. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  let text = "";
  for (const part of content) if (part.type === "text") text += part.text;
  return text;
}
