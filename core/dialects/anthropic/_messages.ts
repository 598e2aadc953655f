import type {
  Conversation,
  Message,
  Part,
  TextPart,
} from "../../conversation.ts";
import { misplaced } from "../_cannot_carry.ts";
import { type Encoding, isSendable, type Site } from "./_encoding.ts";
import { fileBlock, imageBlock } from "./_media.ts";
import {
  reasoningBlock,
  refusalBlock,
  textBlock,
  toolResultBlock,
  toolUseBlock,
} from "./_parts.ts";
import {
  isSystem,
  midSystemBlocks,
  systemBlocks,
  systemPlaces,
} from "./_system_messages.ts";
import { OPENING, Turns } from "./_turns.ts";

/** The conversation as the wire has it. */
export interface EncodedMessages {
  /** Blocks of the top-level `system` field, as JSON texts. */
  readonly system: string[];
  /** Turns, as JSON texts. */
  readonly turns: string[];
  /** See {@linkcode Turns.loopWithoutThought}. */
  readonly loopWithoutThought: boolean;
}

/** Encodes all messages: the head of system messages apart, the rest as turns (C2–C12). */
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
  const isOnlySystem = end < head;
  const places = encoding.traits.systemTurns ? systemPlaces(messages) : [];
  for (const [index, message] of messages.entries()) {
    const param = `messages[${index}]`;
    const site = { param, encoding };
    if (message.name !== undefined) {
      encoding.losses.add("dropped", `${param}.name`, encoding.provider);
    }
    if (message.role === "assistant") {
      addAssistant(turns, message, { ...site, isPrefill: index === end });
    } else if (!isSystem(message)) addUser(turns, message, site);
    else if (index >= head) {
      const isNative = places[index] === true && turns.takesSystem;
      const blocks = midSystemBlocks(message, { ...site, isNative });
      for (const block of blocks) {
        turns.add(isNative ? "system" : "user", block);
      }
    } else if (isOnlySystem && index === end) {
      // The provider wants a user turn.
      for (const block of systemBlocks(message, site)) turns.add("user", block);
      encoding.losses.add("approximated", param, "sent as a user message");
    } else {
      for (const block of systemBlocks(message, site)) system.push(block);
    }
  }
  const { loopWithoutThought } = turns;
  const opening = `{"type":"text","text":"${OPENING}"}`;
  return {
    system,
    turns: turns.finish(encoding.losses, opening),
    loopWithoutThought,
  };
}

function addUser(
  turns: Turns,
  { parts, role }: Message,
  message: Site,
): void {
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
  const parts = thoughtFirst(given, message);
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
      case "refusal":
        turns.add("assistant", refusalBlock(part, message));
        break;
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

/** Where in the request something is that goes on the loss report. */
interface LossSite {
  readonly param: string;
  readonly encoding: Pick<Encoding, "losses">;
}

/** A turn that thinks at its start is kept as it is; otherwise thought moves to the front (C12). */
export function thoughtFirst(
  parts: readonly Part[],
  { param, encoding }: LossSite,
): readonly Part[] {
  if (parts[0]?.type === "reasoning") return parts;
  const thought = parts.filter(({ type }) => type === "reasoning");
  if (thought.length === 0) return parts;
  encoding.losses.add(
    "changed",
    `${param}.reasoning_content`,
    "moved to the front",
  );
  return [...thought, ...parts.filter(({ type }) => type !== "reasoning")];
}

/** The provider refuses white space at the end of a text that it shall continue (C45). */
export function trimmed(
  part: TextPart,
  { param, encoding }: LossSite,
): TextPart {
  const text = part.text.trimEnd();
  if (text === part.text || text === "") return part;
  encoding.losses.add("changed", param, "white space at the end cut");
  return { ...part, text };
}
