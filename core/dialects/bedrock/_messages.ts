import type { Conversation, Message } from "../../conversation.ts";
import { misplaced } from "../_cannot_carry.ts";
import { isSendable } from "../anthropic/_encoding.ts";
import {
  type EncodedMessages,
  thoughtFirst,
  trimmed,
} from "../anthropic/_messages.ts";
import { isSystem } from "../anthropic/_system_messages.ts";
import { OPENING, Turns } from "../anthropic/_turns.ts";
import type { Encoding, Site } from "./_encoding.ts";
import { audioBlock, fileBlock, imageBlock } from "./_media.ts";
import {
  reasoningBlock,
  textBlock,
  toolResultBlock,
  toolUseBlock,
} from "./_parts.ts";

/**
 * Encodes all messages: the head of system messages apart, the rest as turns
 * that take turns, the results of one assistant turn in one user turn (E12).
 */
export function encodeMessages(
  { messages }: Conversation,
  encoding: Encoding,
): EncodedMessages {
  const system: string[] = [];
  const turns = new Turns();
  const end = messages.findLastIndex((message) =>
    message.parts.some(isSendable)
  );
  const firstTurn = messages.findIndex((message) => !isSystem(message));
  const head = firstTurn < 0 ? messages.length : firstTurn;
  const { losses, provider } = encoding;
  for (const [index, message] of messages.entries()) {
    const param = `messages[${index}]`;
    const site = { param, encoding };
    if (message.name !== undefined) {
      losses.add("dropped", `${param}.name`, provider);
    }
    if (message.role === "assistant") {
      addAssistant(turns, message, { ...site, isPrefill: index === end });
    } else if (!isSystem(message)) addUser(turns, message, site);
    else if (index >= head) {
      for (const block of marked(message, site)) turns.add("user", block);
    } else if (end < head && index === end) {
      // The provider wants a user turn.
      for (const block of systemBlocks(message, site)) turns.add("user", block);
      losses.add("approximated", param, "sent as a user message");
    } else system.push(...systemBlocks(message, site));
  }
  const { loopWithoutThought } = turns;
  const finished = turns.finish(losses, `{"text":"${OPENING}"}`);
  return { system, turns: finished, loopWithoutThought };
}

/** A system message as blocks. */
function systemBlocks(
  { parts, role }: Message,
  { param, encoding }: Site,
): string[] {
  return parts.map((part, index) => {
    const at = `${param}.content[${index}]`;
    if (part.type !== "text") throw misplaced(part, { param: at, role });
    return textBlock(part, { param: at, encoding });
  }).filter((block) => block !== "");
}

/** A system message in mid-conversation as blocks of a user turn with a mark: there are no system turns (C3). */
function marked(message: Message, site: Site): string[] {
  const { losses } = site.encoding;
  const parts = message.parts.map((part) =>
    part.type === "text" && isSendable(part)
      ? { ...part, text: `<system>\n${part.text}\n</system>` }
      : part
  );
  losses.add("approximated", site.param, "sent as marked user text");
  return systemBlocks({ ...message, parts }, site);
}

function addUser(turns: Turns, { parts, role }: Message, message: Site): void {
  for (const [index, part] of parts.entries()) {
    const site = { ...message, param: `${message.param}.content[${index}]` };
    switch (part.type) {
      case "text":
        turns.add("user", textBlock(part, site));
        break;
      case "image":
        turns.add("user", imageBlock(part, site));
        break;
      case "file":
        turns.add("user", fileBlock(part, site));
        break;
      case "audio":
        turns.add("user", audioBlock(part));
        break;
      case "tool_result": {
        const block = toolResultBlock(part, message);
        turns.addResult(part.callId, block, message.param);
        break;
      }
      default:
        throw misplaced(part, { param: site.param, role });
    }
  }
}

function addAssistant(
  turns: Turns,
  { parts: given, role }: Message,
  message: Site & { readonly isPrefill: boolean },
): void {
  const { encoding, isPrefill } = message;
  const parts = encoding.traits.takesThought
    ? thoughtFirst(given, message)
    : given;
  const last = isPrefill ? parts.findLastIndex(isSendable) : -1;
  let contents = 0;
  let calls = 0;
  for (const [index, part] of parts.entries()) {
    const site = { encoding, param: `${message.param}.content[${contents}]` };
    switch (part.type) {
      case "text": {
        contents++;
        const text = index === last ? trimmed(part, site) : part;
        turns.add("assistant", textBlock(text, site));
        break;
      }
      case "reasoning":
        turns.add("assistant", reasoningBlock(part, message), true);
        break;
      case "refusal": {
        const param = `${message.param}.refusal`;
        const { text } = part;
        const block = textBlock({ type: "text", text }, { param, encoding });
        if (block !== "") encoding.losses.add("changed", param, "sent as text");
        turns.add("assistant", block);
        break;
      }
      case "tool_call": {
        const param = `${message.param}.tool_calls[${calls++}]`;
        const block = toolUseBlock(part, { param, encoding });
        turns.addCall(part.id, block, param);
        break;
      }
      default:
        throw misplaced(part, { param: site.param, role });
    }
  }
}
