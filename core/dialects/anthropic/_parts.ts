import type {
  ReasoningPart,
  RefusalPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from "../../conversation.ts";
import { countResultMarks, resultCacheControl } from "./_cache_marks.ts";
import { toolInput } from "../_tool_input.ts";
import { type Encoding, isBlank, type Site } from "./_encoding.ts";
import { fileBlock, imageBlock } from "./_media.ts";
import { wireCallId } from "./_tool_ids.ts";

const BLANK = "nothing but white space";

/** Text as a block; `""` where there is nothing to send (C45). */
export function textBlock(
  part: TextPart,
  { param, encoding }: Site,
): string {
  reportSignature(part, encoding);
  if (isBlank(part.text)) {
    reportBlank(part, { param, encoding });
    return "";
  }
  const mark = encoding.cacheMarks.take(part.cacheControl);
  return `{"type":"text","text":${JSON.stringify(part.text)}${mark}}`;
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

/** Notes what goes with a blank text. */
function reportBlank({ text, cacheControl }: TextPart, site: Site): void {
  const { losses } = site.encoding;
  if (text !== "") losses.add("dropped", site.param, BLANK);
  if (cacheControl) losses.add("dropped", `${site.param}.cache_control`, BLANK);
}

/** An earlier refusal as text. The site is the message. */
export function refusalBlock(
  { text }: RefusalPart,
  { param, encoding }: Site,
): string {
  const at = `${param}.refusal`;
  const block = textBlock({ type: "text", text }, { param: at, encoding });
  if (block !== "") encoding.losses.add("changed", at, "sent as text");
  return block;
}

/** Signed or redacted thought as a block, unmodified (C12); `""` for unsigned thought. The site is the message. */
export function reasoningBlock(
  part: ReasoningPart,
  { param, encoding }: Site,
): string {
  if (part.redacted !== undefined) {
    return `{"type":"redacted_thinking","data":${
      JSON.stringify(part.redacted)
    }}`;
  }
  if (part.signature === undefined) {
    encoding.losses.add(
      "dropped",
      `${param}.reasoning_content`,
      "thought without a signature",
    );
    return "";
  }
  const signature = JSON.stringify(part.signature);
  return `{"type":"thinking","thinking":${
    JSON.stringify(part.text)
  },"signature":${signature}}`;
}

/** A tool call as a block (C9, A14). */
export function toolUseBlock(
  part: ToolCallPart,
  { param, encoding }: Site,
): string {
  reportSignature(part, encoding);
  const id = JSON.stringify(wireCallId(part.id));
  const name = JSON.stringify(part.name);
  const input = toolInput(part.arguments, `${param}.function.arguments`);
  const mark = encoding.cacheMarks.take(part.cacheControl);
  return `{"type":"tool_use","id":${id},"name":${name},"input":${input}${mark}}`;
}

/** A tool's result as a block: a string where it is one text, else blocks (C10, C11). The site is the message. */
export function toolResultBlock(
  part: ToolResultPart,
  { param, encoding }: Site,
): string {
  const id = JSON.stringify(wireCallId(part.callId));
  const content = resultContent(part, { param, encoding });
  const error = part.isError === true ? `,"is_error":true` : "";
  if (countResultMarks(part) > 1) {
    encoding.losses.add("dropped", "cache_control", "one in a tool result");
  }
  const mark = encoding.cacheMarks.take(resultCacheControl(part));
  return `{"type":"tool_result","tool_use_id":${id}${content}${error}${mark}}`;
}

function resultContent(
  { parts }: ToolResultPart,
  { param, encoding }: Site,
): string {
  const [first] = parts;
  if (parts.length === 1 && first?.type === "text") {
    if (!isBlank(first.text)) return `,"content":${JSON.stringify(first.text)}`;
    // The breakpoint goes to the result.
    const { cacheControl: _, ...text } = first;
    reportBlank(text, { param: `${param}.content`, encoding });
    return "";
  }
  const blocks: string[] = [];
  for (const [index, marked] of parts.entries()) {
    // The breakpoint goes to the result as a whole.
    const { cacheControl: _, ...part } = marked;
    const site = { param: `${param}.content[${index}]`, encoding };
    const block = part.type === "text"
      ? textBlock(part, site)
      : part.type === "image"
      ? imageBlock(part, site)
      : fileBlock(part, site);
    if (block !== "") blocks.push(block);
  }
  return blocks.length === 0 ? "" : `,"content":[${blocks.join()}]`;
}
