import type {
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from "../../conversation.ts";
import { toolInput } from "../_tool_input.ts";
import type { Site } from "./_encoding.ts";
import { documentData, imageData } from "./_media.ts";

/**
 * Stands for a signature that is missing: the provider's own word for calls
 * that another model made.
 */
export const NO_SIGNATURE = "skip_thought_signature_validator";

/** A result as a part, and the media that has to stand beside it. */
export interface EncodedResult {
  readonly part: string;
  readonly beside: readonly string[];
}

/** Text as a part, with its signature if it has one (D9, D11); `""` where there is nothing to send. */
export function textPart({ text, signature }: TextPart): string {
  if (signature === undefined) {
    return text === "" ? "" : `{"text":${JSON.stringify(text)}}`;
  }
  return `{"text":${JSON.stringify(text)},"thoughtSignature":${
    JSON.stringify(signature)
  }}`;
}

/** A tool call as a part (A14, D4, D9, D10). The first of a turn must be signed. */
export function callPart(
  part: ToolCallPart,
  { param, encoding, isFirst }: Site & { readonly isFirst: boolean },
): string {
  let { signature } = part;
  if (signature === undefined && isFirst && encoding.traits.isThird) {
    encoding.losses.add("approximated", param, "thought signature is missing");
    signature = NO_SIGNATURE;
  }
  const args = toolInput(part.arguments, `${param}.function.arguments`);
  const signed = signature === undefined
    ? ""
    : `,"thoughtSignature":${JSON.stringify(signature)}`;
  return `{"functionCall":{"id":${JSON.stringify(part.id)},"name":${
    JSON.stringify(part.name)
  },"args":${args}}${signed}}`;
}

/** The result of the tool `name` as a part (D7, A24). The site is the message. */
export function resultPart(
  part: ToolResultPart,
  { name, ...site }: Site & { readonly name: string },
): EncodedResult {
  const texts: string[] = [];
  const media: string[] = [];
  for (const [index, piece] of part.parts.entries()) {
    const at = { ...site, param: `${site.param}.content[${index}]` };
    if (piece.type === "text") texts.push(piece.text);
    else if (piece.type === "image") media.push(`{${imageData(piece, at)}}`);
    else media.push(`{${documentData(piece, at)}}`);
  }
  const { losses, traits } = site.encoding;
  const inside = media.length > 0 && traits.isThird
    ? `,"parts":[${media.join()}]`
    : "";
  const beside = inside === "" ? media : [];
  if (beside.length > 0) {
    losses.add("approximated", site.param, "media sent beside the tool result");
  }
  const id = JSON.stringify(part.callId);
  const response = resultObject(texts, part.isError === true);
  return {
    part: `{"functionResponse":{"id":${id},"name":${
      JSON.stringify(name)
    },"response":${response}${inside}}}`,
    beside,
  };
}

/** An object as it is; anything else is wrapped, for the provider takes objects only. */
function resultObject(texts: readonly string[], isError: boolean): string {
  const [first = ""] = texts;
  const value = texts.length > 1
    ? JSON.stringify(texts)
    : objectText(first) ?? JSON.stringify(first);
  if (isError) return `{"error":${value}}`;
  return value.startsWith("{") ? value : `{"result":${value}}`;
}

/** The text where it is a JSON object: a reparse would round large numbers (M15). */
function objectText(text: string): string | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{") || !trimmed.isWellFormed()) return undefined;
  try {
    JSON.parse(trimmed);
    return trimmed;
  } catch {
    return undefined;
  }
}
