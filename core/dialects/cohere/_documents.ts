import type { Conversation, FilePart, Part } from "../../conversation.ts";

/** A text that the model may cite, as Cohere takes it. */
export interface CohereDocument {
  readonly data: { readonly text: string; readonly title?: string };
}

const decoder = new TextDecoder();

/** A document of plain text; `undefined` where it is of another kind, or not here. */
export function documentOf(
  { data, mediaType = "", filename }: FilePart,
): CohereDocument | undefined {
  if (data === undefined || !mediaType.startsWith("text/")) return undefined;
  let text: string;
  try {
    text = decoder.decode(Uint8Array.fromBase64(data));
  } catch {
    return undefined;
  }
  return { data: { text, ...(filename !== undefined && { title: filename }) } };
}

/** Whether a part is said in `documents`, and not among the messages. */
export function isDocument(part: Part): boolean {
  return part.type === "file" && documentOf(part) !== undefined;
}

/** What stands beside the messages: the caller's own `documents`, and those of its messages. */
export function encodeDocuments(
  { messages, extras }: Conversation,
): { readonly documents?: readonly unknown[] } {
  const own = extras?.get("documents");
  const documents: unknown[] = Array.isArray(own) ? [...own] : [];
  for (const { parts } of messages) {
    for (const part of parts) {
      const document = part.type === "file" ? documentOf(part) : undefined;
      if (document !== undefined) documents.push(document);
    }
  }
  return documents.length === 0 ? {} : { documents };
}
