import type {
  Message,
  Part,
  ReasoningPart,
  ToolResultPart,
} from "../../conversation.ts";
import type { DialectTarget } from "../../dialect.ts";
import { misplaced } from "../_cannot_carry.ts";
import type { Site } from "../openai_chat/_encode_site.ts";
import type { MutableJson } from "../openai_chat/_pass_json.ts";
import { canRead, unpackProof } from "../openai_chat/_thought_proof.ts";
import { encodeContent, type InputPart } from "./_encode_content.ts";
import { contentPart, summaryPart } from "./_items.ts";

/** Encodes the turns of a conversation as input items, in place and in order (B14, B18, B24, B25). */
export function encodeItems(
  messages: readonly Message[],
  target: DialectTarget,
): MutableJson[] {
  const items: MutableJson[] = [];
  for (const [index, message] of messages.entries()) {
    const site = { param: `messages[${index}]`, target };
    if (message.name !== undefined) {
      target.losses.add("dropped", `${site.param}.name`, target.provider);
    }
    switch (message.role) {
      case "assistant":
        items.push(...encodeTurn(message, site));
        break;
      case "tool":
        items.push(...message.parts.map((part) => encodeResult(part, site)));
        break;
      default: {
        const { role } = message;
        const parts = message.parts.map((part) => inputPart(part, role, site));
        if (parts.length === 0) break;
        items.push({ role, content: encodeContent(parts, site) });
      }
    }
  }
  return items;
}

function inputPart(part: Part, role: Message["role"], site: Site): InputPart {
  switch (part.type) {
    case "text":
    case "image":
    case "file":
    case "audio":
      return part;
  }
  throw misplaced(part, { param: site.param, role });
}

function encodeTurn({ parts }: Message, site: Site): MutableJson[] {
  const items: MutableJson[] = [];
  let words: unknown[] | undefined;
  /** Words of thought whose proof comes next. */
  let thought = "";
  for (const part of parts) {
    if (part.type === "text" || part.type === "refusal") {
      if (part.text === "") continue;
      if (!words) {
        words = [];
        items.push({ type: "message", role: "assistant", content: words });
      }
      words.push(contentPart(part.type, part.text));
      continue;
    }
    words = undefined;
    if (part.type === "tool_call") {
      const { id, name, arguments: text } = part;
      items.push({
        type: "function_call",
        call_id: id,
        name,
        arguments: text.trim() === "" ? "{}" : text,
      });
    } else if (part.type === "reasoning") {
      const item = encodeThought(part, thought, site);
      if (item) items.push(item);
      // Words that no encrypted thought comes behind are no summary.
      else if (thought !== "" || part.text === "") lose(site);
      thought = item ? "" : part.text;
    } else throw misplaced(part, { param: site.param, role: "assistant" });
  }
  if (thought !== "") lose(site);
  return items;
}

/** Thought that this provider has encrypted itself; others' and bare words would be refused (B18). */
function encodeThought(
  part: ReasoningPart,
  summary: string,
  { target }: Site,
): MutableJson | undefined {
  const { format, item } = encryptedItem(part, summary) ?? {};
  // Azure's deployments have names of one's own.
  const reads = target.quirks.responses || canRead(target.model, format);
  return reads ? item : undefined;
}

/** The item of an encrypted thought of this API, and its format. */
function encryptedItem({ redacted }: ReasoningPart, summary: string): {
  readonly format: string;
  readonly item: MutableJson;
} | undefined {
  const proof = redacted === undefined ? undefined : unpackProof(redacted);
  if (typeof proof?.data !== "string" || typeof proof.format !== "string") {
    return undefined;
  }
  const { id, data, format } = proof;
  if (!format.startsWith("openai") && !format.startsWith("azure")) {
    return undefined;
  }
  return {
    format,
    item: {
      type: "reasoning",
      ...(typeof id === "string" && { id }),
      summary: summary === "" ? [] : [summaryPart(summary)],
      encrypted_content: data,
    },
  };
}

/** The items of a thought that this API has encrypted itself. */
export function thoughtItems(parts: readonly ReasoningPart[]): MutableJson[] {
  let summary = "";
  return parts.flatMap((part) => {
    const item = encryptedItem(part, summary);
    summary = item ? "" : part.text;
    return item ? [item.item] : [];
  });
}

function lose({ param, target }: Site): void {
  target.losses.add(
    "dropped",
    `${param}.reasoning_content`,
    "no proof that this model can read",
  );
}

function encodeResult(part: Part, site: Site): MutableJson {
  if (part.type !== "tool_result") {
    throw misplaced(part, { param: site.param, role: "tool" });
  }
  return {
    type: "function_call_output",
    call_id: part.callId,
    output: encodeContent(resultParts(part, site), site),
  };
}

/** That a tool failed is said in its text, for there is no other place (C10). */
function resultParts(
  { parts, isError, cacheControl }: ToolResultPart,
  { param, target }: Site,
): readonly InputPart[] {
  if (cacheControl) {
    target.losses.add("dropped", "messages.cache_control", target.provider);
  }
  if (!isError) {
    return parts.length === 0 ? [{ type: "text", text: "" }] : parts;
  }
  target.losses.add("approximated", `${param}.is_error`, "said in the text");
  const [first] = parts;
  if (first?.type === "text" && /^\W{0,3}error/i.test(first.text)) return parts;
  return first?.type === "text"
    ? [{ type: "text", text: `Error: ${first.text}` }, ...parts.slice(1)]
    : [{ type: "text", text: "Error" }, ...parts];
}
