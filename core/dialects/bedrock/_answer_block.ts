import type { AnswerPart } from "../../answer.ts";
import type { Citation } from "../../citation.ts";
import type { LossReport } from "../../loss_report.ts";
import { CitationList, citationOf } from "../_citations.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { asList, asText, isObject, type JsonObject } from "../_json.ts";
import { argumentsOf } from "../anthropic/decode_answer.ts";
import { readToolName } from "./_names.ts";

/** Notes what of an answer has no canonical word. */
export function reportLeftOut(what: string, losses?: LossReport): void {
  losses?.add("dropped", `answer.${what}`, "left out");
}

/** Whether a call is the provider's own business: one of its tools, which it runs itself. */
export function isServerCall({ type }: JsonObject): boolean {
  return type === "server_tool_use";
}

/** A block of a whole answer as a part; `undefined` for one without a canonical word. */
export function decodeBlock(
  block: JsonObject,
  losses?: LossReport,
): AnswerPart | undefined {
  if (typeof block.text === "string") {
    return block.text === "" ? undefined : { type: "text", text: block.text };
  }
  if (isObject(block.toolUse) && !isServerCall(block.toolUse)) {
    return decodeCall(block.toolUse);
  }
  if (isObject(block.reasoningContent)) {
    return decodeThought(block.reasoningContent);
  }
  if (isObject(block.citationsContent)) {
    const { content, citations } = block.citationsContent;
    const text = asList(content).filter(isObject)
      .map((piece) => asText(piece.text)).join("");
    const list = new CitationList(losses);
    for (const source of asList(citations)) list.add(readCitation(source));
    return text === "" ? undefined : { type: "text", text, ...list.take() };
  }
  if (isObject(block.image) && isObject(block.image.source)) {
    const { format, source: { bytes } } = block.image;
    if (asText(bytes) !== "" && /^[a-z]{1,16}$/.test(asText(format))) {
      const mediaType = `image/${asText(format)}`;
      return { type: "image", data: asText(bytes), mediaType };
    }
  }
  for (const kind of Object.keys(block)) reportLeftOut(kind, losses);
  return undefined;
}

/** Reads a source of a text; `undefined` for a document of the request. */
export function readCitation(source: unknown): Citation | undefined {
  if (!isObject(source) || !isObject(source.location)) return undefined;
  const { title, location: { web }, sourceContent } = source;
  if (!isObject(web)) return undefined;
  const quote = asList(sourceContent).filter(isObject)
    .map((piece) => asText(piece.text)).join("");
  return citationOf({ url: web.url, title, quote });
}

function decodeCall(call: JsonObject): AnswerPart {
  const { toolUseId: id, name } = call;
  if (typeof id !== "string" || typeof name !== "string") {
    throw invalidAnswer("has a tool call without id or name");
  }
  return {
    type: "tool_call",
    id,
    name: readToolName(name),
    arguments: argumentsOf(call.input),
  };
}

function decodeThought(thought: JsonObject): AnswerPart | undefined {
  if (typeof thought.redactedContent === "string") {
    return { type: "reasoning", text: "", redacted: thought.redactedContent };
  }
  const { reasoningText } = thought;
  if (!isObject(reasoningText)) return undefined;
  const text = asText(reasoningText.text);
  const signature = asText(reasoningText.signature);
  if (text === "" && signature === "") return undefined;
  return { type: "reasoning", text, ...(signature && { signature }) };
}
