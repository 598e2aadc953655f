import type {
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from "../../conversation.ts";
import { resultCacheControl } from "../anthropic/_cache_marks.ts";
import { isBlank } from "../anthropic/_encoding.ts";
import { toolInput } from "../_tool_input.ts";
import { cachePoint, type Encoding, type Site } from "./_encoding.ts";
import { fileBlock, imageBlock } from "./_media.ts";
import { wireCallId, wireToolName } from "./_names.ts";

const BLANK = "nothing but white space";

/** Text as a block; `""` where there is nothing to send: blank text is refused (C45). */
export function textBlock(part: TextPart, { param, encoding }: Site): string {
  reportSignature(part, encoding);
  if (isBlank(part.text)) {
    const { losses } = encoding;
    if (part.text !== "") losses.add("dropped", param, BLANK);
    if (part.cacheControl) losses.add("dropped", "cache_control", BLANK);
    return "";
  }
  return `{"text":${JSON.stringify(part.text)}}` +
    cachePoint(part.cacheControl, encoding);
}

/** Signed or redacted thought of the model's own, unmodified (C12, E17); `""` for any other. The site is the message. */
export function reasoningBlock(
  { text, signature, redacted }: ReasoningPart,
  { param, encoding }: Site,
): string {
  const { traits, losses } = encoding;
  if (traits.takesThought && redacted !== undefined) {
    return `{"reasoningContent":{"redactedContent":${
      JSON.stringify(redacted)
    }}}`;
  }
  if (!traits.takesThought || signature === undefined) {
    const detail = "thought that this model has not signed";
    losses.add("dropped", `${param}.reasoning_content`, detail);
    return "";
  }
  return `{"reasoningContent":{"reasoningText":{"text":${
    JSON.stringify(text)
  },"signature":${JSON.stringify(signature)}}}}`;
}

/** A tool call as a block (C9, A14). */
export function toolUseBlock(
  part: ToolCallPart,
  { param, encoding }: Site,
): string {
  reportSignature(part, encoding);
  const id = JSON.stringify(wireCallId(part.id));
  const name = JSON.stringify(
    wireToolName(part.name, `${param}.function.name`),
  );
  const input = toolInput(part.arguments, `${param}.function.arguments`);
  return `{"toolUse":{"toolUseId":${id},"name":${name},"input":${input}}}` +
    cachePoint(part.cacheControl, encoding);
}

/** A tool's result as a block (E12). The site is the message. */
export function toolResultBlock(
  part: ToolResultPart,
  { param, encoding }: Site,
): string {
  const { losses, provider, traits } = encoding;
  const blocks: string[] = [];
  for (const [index, marked] of part.parts.entries()) {
    // A cache point goes behind the result as a whole.
    const { cacheControl: _, ...piece } = marked;
    const site = { param: `${param}.content[${index}]`, encoding };
    const block = piece.type === "text"
      ? textBlock(piece, site)
      : piece.type === "image"
      ? imageBlock(piece, site)
      : fileBlock(piece, site);
    if (block !== "") blocks.push(block);
  }
  let status = "";
  if (part.isError === true && traits.resultStatus) {
    status = `,"status":"error"`;
  } else if (part.isError === true) {
    losses.add("dropped", `${param}.is_error`, provider);
  }
  const id = JSON.stringify(wireCallId(part.callId));
  return `{"toolResult":{"toolUseId":${id},"content":[${blocks.join()}]${status}}}` +
    cachePoint(resultCacheControl(part), encoding);
}

/** Gemini's proof of a thought of its own is nothing to another model (D9). */
function reportSignature(
  { signature }: TextPart | ToolCallPart,
  { losses, provider }: Encoding,
): void {
  if (signature !== undefined) {
    losses.add("dropped", "thought_signature", provider);
  }
}
