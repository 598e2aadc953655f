import type {
  Conversation,
  Message,
  Part,
  RefusalPart,
  TextPart,
  ToolCallPart,
} from "../../conversation.ts";
import type { DialectTarget } from "../../dialect.ts";
import { mendTurns } from "./_pass_turns.ts";
import { wireCallId } from "./_encode_call_ids.ts";
import { type ContentPart, encodeContent } from "./_encode_content.ts";
import { encodeResult } from "./_encode_result.ts";
import { misplaced } from "../_cannot_carry.ts";
import { cacheMark, type Site } from "./_encode_site.ts";
import { encodeThought } from "./_encode_thought.ts";
import { PartOrder } from "../_part_order.ts";
import { ChatTurns } from "./_encode_turns.ts";
import type { MutableJson } from "./_pass_json.ts";
import { encodeThoughtSignature } from "./_thought_signature.ts";

/**
 * Encodes all messages in place (A15, A22–A24, A26, O2). An instruction of the
 * gateway's own goes behind the system messages at the head.
 */
export function encodeMessages(
  { messages }: Conversation,
  target: DialectTarget,
  instruction?: string,
): MutableJson[] {
  const turns = new ChatTurns();
  let isHead = true;
  const instruct = (): void => {
    if (isHead && instruction !== undefined) {
      turns.add({ role: "system", content: instruction });
    }
    isHead = false;
  };
  for (const [index, message] of messages.entries()) {
    const site = { param: `messages[${index}]`, target };
    if (!isSystem(message)) instruct();
    if (message.role === "assistant") addAssistant(turns, message, site);
    else addOther(turns, message, site);
  }
  instruct();
  return mendTurns(turns.finish(), target) as MutableJson[];
}

function isSystem({ role }: Message): boolean {
  return role === "system" || role === "developer";
}

/** Adds a user's, system's or tool's message; tool results become messages of their own. */
function addOther(turns: ChatTurns, message: Message, site: Site): void {
  const { role, parts } = message;
  const content: ContentPart[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.type === "tool_result" && !isSystem(message)) {
      turns.addResult(encodeResult(part, site), site.param);
    } else if (isContent(part) && takes(role, part)) content.push(part);
    else {
      throw misplaced(part, { param: `${site.param}.content[${index}]`, role });
    }
  }
  if (content.length === 0) return;
  turns.add({
    role: wireRole(role, site.target),
    ...nameOf(message, site),
    content: encodeContent(content, site),
  });
}

function isContent(part: Part): part is ContentPart {
  const { type } = part;
  return type === "text" || type === "image" || type === "file" ||
    type === "audio";
}

/** A user shows and says anything, a system says text, a tool has results only. */
function takes(role: Message["role"], { type }: ContentPart): boolean {
  return role === "user" || type === "text" && role !== "tool";
}

/** Adds the assistant's message; one that has nothing left to say is left out. */
function addAssistant(
  turns: ChatTurns,
  { role, parts, name }: Message,
  site: Site,
): void {
  const texts: TextPart[] = [];
  const refusals: RefusalPart[] = [];
  const calls: { readonly id: string; readonly param: string }[] = [];
  const wireCalls: MutableJson[] = [];
  for (const [index, part] of parts.entries()) {
    switch (part.type) {
      case "text":
        texts.push(part);
        break;
      case "refusal":
        refusals.push(part);
        break;
      case "tool_call":
        calls.push({
          id: part.id,
          param: `${site.param}.tool_calls[${calls.length}]`,
        });
        wireCalls.push(encodeCall(part, site.target));
        break;
      case "reasoning":
        break;
      default: {
        const param = `${site.param}.content[${index}]`;
        throw misplaced(part, { param, role });
      }
    }
  }
  const thought = encodeThought(parts, site);
  const keepsThought = Object.keys(thought).length > 0;
  const order = new PartOrder(site.target.losses, site.param);
  for (const { type } of parts) {
    if (type !== "reasoning" || keepsThought) order.add(type);
  }
  const isWordless = refusals.length + calls.length > 0;
  if (!isWordless && texts.length === 0 && !keepsThought) {
    return;
  }
  const content = encodeContent(texts, site);
  const signature = texts.findLast((text) => text.signature)?.signature;
  turns.addAssistant({
    role,
    ...nameOf({ name }, site),
    content: content === "" && isWordless ? null : content,
    ...thought,
    ...(refusals.length > 0 &&
      { refusal: refusals.map(({ text }) => text).join("") }),
    ...(calls.length > 0 && { tool_calls: wireCalls }),
    ...signatureOf(signature, site.target),
  }, calls);
}

/** A participant's name, unless the provider refuses it. */
function nameOf(
  { name }: { readonly name?: string | undefined },
  { target: { quirks, losses, provider } }: Site,
): MutableJson {
  if (name === undefined) return {};
  if (!quirks.drop?.includes("messages[].name")) return { name };
  losses.add("dropped", "messages.name", provider);
  return {};
}

function encodeCall(part: ToolCallPart, target: DialectTarget): MutableJson {
  const { name, arguments: text } = part;
  return {
    id: wireCallId(part.id, target.quirks),
    type: "function",
    function: { name, arguments: text.trim() === "" ? "{}" : text },
    ...signatureOf(part.signature, target),
    ...cacheMark(part.cacheControl, target),
  };
}

/** Gemini's signature, for Google's own endpoint; to others it means nothing. */
function signatureOf(
  signature: string | undefined,
  { quirks }: DialectTarget,
): MutableJson {
  return quirks.thought === "extra_content"
    ? encodeThoughtSignature(signature)
    : {};
}

function wireRole(role: Message["role"], { quirks }: DialectTarget): string {
  return role === "developer" && quirks.noDeveloperRole ? "system" : role;
}
