import type { Citation } from "../../citation.ts";
import { annotationOf } from "../_citations.ts";
import { sealThought, type ThoughtSeal } from "./_thought_seal.ts";

/** Whether an item is whole. */
export type ItemStatus = "in_progress" | "completed" | "incomplete";

/** A kind of words in a message. */
export type WordKind = "text" | "refusal";

/** A part of a message's content, with the sources of a text. */
export function contentPart(
  kind: WordKind,
  text: string,
  citations: readonly Citation[] = [],
): Record<string, unknown> {
  if (kind === "refusal") return { type: "refusal", refusal: text };
  const annotations = citations.map((citation) => annotation(citation, text));
  return { type: "output_text", annotations, logprobs: [], text };
}

/** A source of a text. */
export function annotation(
  citation: Citation,
  { length }: string,
): Record<string, unknown> {
  return { type: "url_citation", ...annotationOf(citation, { length }) };
}

/** A part of a thought's summary. */
export function summaryPart(text: string): Record<string, unknown> {
  return { type: "summary_text", text };
}

/** An item of words. */
export function messageItem(
  id: string,
  { status, content }: {
    readonly status: ItemStatus;
    readonly content: readonly unknown[];
  },
): Record<string, unknown> {
  return { id, type: "message", status, content, role: "assistant" };
}

/** An item of thought: its words as a summary, its proof sealed (B29). */
export function reasoningItem(
  id: string,
  { text, seal }: {
    readonly text: string;
    readonly seal?: ThoughtSeal | undefined;
  },
): Record<string, unknown> {
  return {
    id,
    type: "reasoning",
    summary: text === "" ? [] : [summaryPart(text)],
    ...(seal && { encrypted_content: sealThought(seal) }),
  };
}

/** A picture, as OpenAI's own tool for drawing tells it (D30). */
export function imageItem(id: string, data: string): Record<string, unknown> {
  return {
    id,
    type: "image_generation_call",
    status: "completed",
    result: data,
  };
}

/** A call of a tool, with the item's own id and the one that joins call and result (B14). */
export function callItem(
  id: string,
  { status, callId, name, text }: {
    readonly status: ItemStatus;
    readonly callId: string;
    readonly name: string;
    /** The arguments. */
    readonly text: string;
  },
): Record<string, unknown> {
  return {
    id,
    type: "function_call",
    status,
    arguments: text,
    call_id: callId,
    name,
  };
}

/** A call of a custom tool, with the text that it is given. */
export function customItem(
  id: string,
  { status, callId, name, input }: {
    readonly status: ItemStatus;
    readonly callId: string;
    readonly name: string;
    readonly input: string;
  },
): Record<string, unknown> {
  return {
    id,
    type: "custom_tool_call",
    status,
    call_id: callId,
    name,
    input,
  };
}
