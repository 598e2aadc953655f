import type { AnswerPart, DrawnPart } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import type { TextPart } from "../../conversation.ts";
import { CitationList, readAnnotation } from "../_citations.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { isJsonObject, type JsonObject } from "../openai_chat/_decode_node.ts";
import { packProof } from "../openai_chat/_thought_proof.ts";

/** How OpenRouter names the format of this provider's encrypted thought. */
const FORMAT = "openai-responses-v1";

/** Reads a whole item of an answer. What has no word goes on the report. */
export function readItem(
  item: unknown,
  losses: LossReport | undefined,
): AnswerPart[] {
  if (!isJsonObject(item)) throw invalidAnswer("has an item that is no object");
  switch (item.type) {
    case "message":
      return readWords(item, losses);
    case "reasoning":
      return readThought(item);
    case "function_call":
      return [{ type: "tool_call", ...readCall(item) }];
  }
  const image = readImage(item);
  if (image !== undefined) return [image];
  reportItem(item, losses);
  return [];
}

/** A picture that OpenAI's own tool drew (D30); `undefined` for what is none. */
export function readImage(
  { type, result, output_format: format }: JsonObject,
): DrawnPart | undefined {
  if (type !== "image_generation_call" || asText(result) === "") {
    return undefined;
  }
  const kind = asText(format);
  const mediaType = `image/${/^[a-z]{1,16}$/.test(kind) ? kind : "png"}`;
  return { type: "image", data: asText(result), mediaType };
}

/** Reads a call; no arguments at all are an empty object, unless they were cut off (A13, L7). */
export function readCall(item: JsonObject): {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
} {
  const { call_id: id, name, arguments: text, status } = item;
  if (typeof id !== "string" || id === "" || typeof name !== "string") {
    throw invalidAnswer("has a tool call without an id or a name");
  }
  const told = asText(text);
  const isBlank = told.trim() === "" && status !== "incomplete";
  return { id, name, arguments: isBlank ? "{}" : told };
}

/** The encrypted thought of an item in the form in which it is carried (B18); `undefined` where there is none. */
export function readProof(item: JsonObject): string | undefined {
  const { id, encrypted_content: data } = item;
  if (typeof data !== "string" || data === "") return undefined;
  return packProof({
    data,
    ...(typeof id === "string" && { id }),
    format: FORMAT,
  });
}

/** Notes an item that has no canonical word, such as a hosted tool's (B26). */
export function reportItem(
  { type }: JsonObject,
  losses: LossReport | undefined,
): void {
  losses?.add("dropped", `answer.${asText(type) || "item"}`, "left out");
}

/** Reads the sources of a text (D32). */
function readSources(
  { annotations }: JsonObject,
  losses: LossReport | undefined,
): Pick<TextPart, "citations"> {
  const list = new CitationList(losses);
  for (const annotation of asList(annotations)) {
    list.add(readAnnotation(annotation));
  }
  return list.take();
}

/** A text, or `""` where there is none. */
export function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function readWords(
  { content }: JsonObject,
  losses: LossReport | undefined,
): AnswerPart[] {
  const parts: AnswerPart[] = [];
  for (const part of asList(content)) {
    if (!isJsonObject(part)) continue;
    if (part.type === "refusal") {
      parts.push({ type: "refusal", text: asText(part.refusal) });
    } else if (part.type === "output_text") {
      const text = asText(part.text);
      parts.push({ type: "text", text, ...readSources(part, losses) });
    } else reportItem(part, losses);
  }
  return parts;
}

/** The words of a thought, and behind them what only its provider can read. */
function readThought(item: JsonObject): AnswerPart[] {
  const parts: AnswerPart[] = [];
  const thought = texts(item.content).join("");
  const text = thought === "" ? texts(item.summary).join("\n\n") : thought;
  if (text !== "") parts.push({ type: "reasoning", text });
  const redacted = readProof(item);
  if (redacted !== undefined) {
    parts.push({ type: "reasoning", text: "", redacted });
  }
  return parts;
}

function texts(list: unknown): string[] {
  return asList(list).map((part) =>
    isJsonObject(part) ? asText(part.text) : ""
  );
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
