import type { AnswerPart, DrawnPart } from "../../answer.ts";
import { sealThought } from "./_thought_seal.ts";

/** A picture as a part of an answer (D30). */
export function imageJson(
  { data, mediaType: mimeType }: Omit<DrawnPart, "type">,
): string {
  return JSON.stringify({ inlineData: { mimeType, data } });
}

/** Text as a part of an answer. */
export function textJson(text: string, signature = ""): string {
  const signed = signature === ""
    ? ""
    : `,"thoughtSignature":${JSON.stringify(signature)}`;
  return `{"text":${JSON.stringify(text)}${signed}}`;
}

/** A piece of thought as a part (D12). */
export function thoughtJson(text: string): string {
  return `{"text":${JSON.stringify(text)},"thought":true}`;
}

/** The proof of a thought that has been told, or one that can't be read, as a part without words. */
export function proofJson(
  kind: "signature" | "redacted",
  data: string,
): string {
  return `{"text":"","thought":true,"thoughtSignature":"${
    sealThought({ kind, data })
  }"}`;
}

/** A call of a tool as a part (D4, D9). `args` is JSON. */
export function callJson(
  { id, name, signature, args }: {
    readonly id: string;
    readonly name: string;
    readonly signature?: string | undefined;
    readonly args: string;
  },
): string {
  const signed = signature === undefined
    ? ""
    : `,"thoughtSignature":${JSON.stringify(signature)}`;
  return `{"functionCall":{"id":${JSON.stringify(id)},"name":${
    JSON.stringify(name)
  },"args":${args}}${signed}}`;
}

/** A part that is no call as parts of an answer; empty ones are none. */
export function partJsons(
  part: Exclude<AnswerPart, { readonly type: "tool_call" }>,
): string[] {
  if (part.type === "image") return [imageJson(part)];
  if (part.type === "reasoning") {
    const { text, signature, redacted } = part;
    const jsons = text === "" ? [] : [thoughtJson(text)];
    if (redacted !== undefined) jsons.push(proofJson("redacted", redacted));
    if (signature !== undefined) jsons.push(proofJson("signature", signature));
    return jsons;
  }
  const signature = part.type === "text" ? part.signature : undefined;
  return part.text === "" && signature === undefined
    ? []
    : [textJson(part.text, signature)];
}
