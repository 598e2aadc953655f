import type { Conversation, Message, TextPart } from "../../conversation.ts";
import { misplaced } from "../_cannot_carry.ts";
import type { Encoding, Site } from "./_encoding.ts";
import { audioData, documentData, imageData } from "./_media.ts";
import { textPart } from "./_parts.ts";
import { Turns } from "./_turns.ts";

/** The conversation as the wire has it. */
export interface EncodedMessages {
  /** Parts of `systemInstruction`, as JSON texts. */
  readonly system: string[];
  /** `contents`, as JSON texts. */
  readonly turns: string[];
}

/** Encodes all messages: the head of system messages apart, the rest as turns (D3, O2). */
export function encodeMessages(
  { messages }: Conversation,
  encoding: Encoding,
): EncodedMessages {
  const system: string[] = [];
  const turns = new Turns();
  const firstTurn = messages.findIndex((message) => !isSystem(message));
  const head = firstTurn < 0 ? messages.length : firstTurn;
  for (const [index, message] of messages.entries()) {
    const site = { param: `messages[${index}]`, encoding };
    if (message.name !== undefined) {
      encoding.losses.add("dropped", `${site.param}.name`, encoding.provider);
    }
    if (message.role === "assistant") addAssistant(turns, message, site);
    else if (!isSystem(message)) addUser(turns, message, site);
    else if (index >= head) addMidSystem(turns, message, site);
    else if (firstTurn < 0 && index === head - 1) {
      // The provider wants a user turn.
      for (const part of textParts(message, site)) {
        turns.add("user", textPart(part));
      }
      encoding.losses.add("approximated", site.param, "sent as a user message");
    } else {
      for (const part of textParts(message, site)) {
        if (part.text !== "") system.push(textPart(part));
      }
    }
  }
  return { system, turns: turns.finish({ encoding }) };
}

function isSystem({ role }: Message): boolean {
  return role === "system" || role === "developer";
}

/** A system message in mid-conversation as marked user text: hoisted it would mean another thing. */
function addMidSystem(turns: Turns, message: Message, site: Site): void {
  for (const { text } of textParts(message, site)) {
    if (text.trim() === "") continue;
    const marked = `<system>\n${text}\n</system>`;
    turns.add("user", textPart({ type: "text", text: marked }));
    site.encoding.losses.add(
      "approximated",
      site.param,
      "sent as marked user text",
    );
  }
}

function addUser(turns: Turns, { parts, role }: Message, message: Site): void {
  for (const [index, part] of parts.entries()) {
    const site = { ...message, param: `${message.param}.content[${index}]` };
    switch (part.type) {
      case "text":
        turns.add("user", textPart({ type: "text", text: part.text }));
        break;
      case "image":
        turns.add("user", `{${imageData(part, site)}}`);
        break;
      case "file":
        turns.add("user", `{${documentData(part, site)}}`);
        break;
      case "audio":
        turns.add("user", `{${audioData(part)}}`);
        break;
      case "tool_result":
        turns.addResult(part, message);
        break;
      default:
        throw misplaced(part, { param: site.param, role });
    }
  }
}

function addAssistant(
  turns: Turns,
  { parts, role }: Message,
  message: Site,
): void {
  const { encoding } = message;
  let contents = 0;
  let calls = 0;
  for (const part of parts) {
    const param = `${message.param}.content[${contents}]`;
    switch (part.type) {
      case "text":
        contents++;
        turns.add("model", textPart(part));
        break;
      case "refusal":
        turns.add("model", textPart({ type: "text", text: part.text }));
        encoding.losses.add(
          "changed",
          `${message.param}.refusal`,
          "sent as text",
        );
        break;
      case "reasoning":
        // The provider wants its signatures back, which are on other parts; a
        // signed thought is another provider's, and no one else can read it.
        encoding.losses.add(
          "dropped",
          `${message.param}.reasoning_content`,
          encoding.provider,
        );
        break;
      case "tool_call":
        turns.addCall(part, {
          param: `${message.param}.tool_calls[${calls++}]`,
          encoding,
        });
        break;
      default:
        throw misplaced(part, { param, role });
    }
  }
}

function* textParts(
  { parts, role }: Message,
  { param }: Site,
): Generator<TextPart> {
  for (const [index, part] of parts.entries()) {
    if (part.type !== "text") {
      throw misplaced(part, { param: `${param}.content[${index}]`, role });
    }
    yield part;
  }
}
