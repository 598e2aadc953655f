import type { Conversation, Part } from "./conversation.ts";

/** How many characters of plain English or code make a token; beyond ASCII one makes one. */
const ASCII_PER_TOKEN = 4;
/** What a turn or a tool costs besides its words. */
const FRAME_TOKENS = 4;
/** What the provider counts for an image of the size that it scales larger ones to. */
const IMAGE_TOKENS = 1_600;
/** How many characters of a document's base64 make a token, by and large. */
const DOCUMENT_PER_TOKEN = 32;

/**
 * How many tokens a conversation has, by and large, for models whose provider
 * does not count them (C37, N8): four characters of ASCII are one, each other
 * character is one, an image is 1,600.
 */
export function estimateInputTokens(
  { messages, tools = [], output }: Conversation,
): number {
  let tokens = 0;
  for (const { parts } of messages) {
    tokens += FRAME_TOKENS;
    for (const part of parts) tokens += partTokens(part);
  }
  for (const { name, description = "", parameters } of tools) {
    tokens += FRAME_TOKENS + textTokens(name) + textTokens(description) +
      textTokens(JSON.stringify(parameters));
  }
  if (output?.type === "json_schema") {
    tokens += textTokens(JSON.stringify(output.schema));
  }
  return Math.ceil(tokens);
}

function partTokens(part: Part): number {
  switch (part.type) {
    case "text":
    case "refusal":
      return textTokens(part.text);
    case "reasoning":
      return textTokens(part.text) + (part.redacted?.length ?? 0) /
          ASCII_PER_TOKEN;
    case "tool_call":
      return FRAME_TOKENS + textTokens(part.name) + textTokens(part.arguments);
    case "tool_result":
      return part.parts.reduce(
        (tokens, piece) => tokens + partTokens(piece),
        FRAME_TOKENS,
      );
    case "image":
      return IMAGE_TOKENS;
    case "file":
    case "audio":
      return Math.max(
        IMAGE_TOKENS,
        (part.data?.length ?? 0) / DOCUMENT_PER_TOKEN,
      );
  }
}

function textTokens(text: string): number {
  let others = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) others++;
  return (text.length - others) / ASCII_PER_TOKEN + others;
}
