import { invalidAnswer } from "../_invalid_answer.ts";
import { encodeJson, isMutableJson, type MutableJson } from "./_pass_json.ts";

/**
 * Mends `content` and thought of a message or a delta: a content array of
 * thought and text is split (H1), thought that is told twice is told once (J22).
 *
 * @returns Whether something was changed.
 */
export function mendContent(message: MutableJson): boolean {
  const { content } = message;
  const isSplit = Array.isArray(content);
  if (isSplit) splitContent(message, content);
  else if (
    typeof content !== "string" && content !== null && content !== undefined
  ) {
    throw invalidAnswer("has a content of the wrong type");
  }
  const { reasoning } = message;
  if (
    typeof reasoning !== "string" || reasoning !== message.reasoning_content
  ) return isSplit;
  message.reasoning = undefined;
  return true;
}

/** Parts that are neither text nor thought, such as references, move to a member of their own (J17). */
function splitContent(message: MutableJson, parts: readonly unknown[]): void {
  let text: string | undefined;
  let thought: string | undefined;
  const others: unknown[] = [];
  for (const part of parts) {
    if (isMutableJson(part) && part.type === "thinking") {
      thought = (thought ?? "") + textOf(part.thinking);
    } else {
      const piece = textOf(part);
      if (piece !== "") text = (text ?? "") + piece;
      else if (isMutableJson(part) && part.type !== "text") others.push(part);
    }
  }
  if (others.length > 0) message.references = others;
  message.content = text;
  if (thought === undefined) return;
  const { reasoning_content: before } = message;
  message.reasoning_content = typeof before === "string"
    ? before + thought
    : thought;
}

/** The text of a text, a text part, or a list of either. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) {
    let text = "";
    for (const item of value) {
      if (typeof item === "string") text += item;
      else if (isMutableJson(item) && typeof item.text === "string") {
        text += item.text;
      }
    }
    return text;
  }
  return isMutableJson(value) && typeof value.text === "string"
    ? value.text
    : "";
}

/** Arguments of a tool call as text; `""` where there are none (A13, J21). */
export function argumentsText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  return encodeJson(value);
}
