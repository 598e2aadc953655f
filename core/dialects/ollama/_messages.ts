import { parseJsonText } from "../../parse_json_text.ts";
import type {
  Conversation,
  Message,
  ToolCallPart,
  ToolResultPart,
} from "../../conversation.ts";
import type { DialectTarget } from "../../dialect.ts";
import { isObject } from "../_json.ts";
import { PartOrder } from "../_part_order.ts";
import { cannotCarry, splitParts } from "./_media.ts";

type OllamaMessage = Readonly<Record<string, unknown>>;

/** Writes the turns: pictures beside the text, arguments as objects, results by the tool's name (I2, I7, O2). */
export function encodeMessages(
  { messages }: Conversation,
  { losses, provider }: DialectTarget,
): OllamaMessage[] {
  /** The names of tools by the ids of their calls. */
  const names = new Map<string, string>();
  const encoded: OllamaMessage[] = [];
  let hasSignature = false;
  for (const [index, message] of messages.entries()) {
    const param = `messages[${index}]`;
    if (message.name !== undefined) {
      losses.add("dropped", `${param}.name`, provider);
    }
    const { content, images } = splitParts(message.parts, {
      param,
      // What the model has said goes on from part to part.
      between: message.role === "assistant" ? "" : "\n",
      losses,
    });
    for (const part of message.parts) {
      if (part.type !== "tool_result") continue;
      const name = names.get(part.callId);
      encoded.push(encodeResult(part, { param, name, losses }));
      if (part.isError) {
        losses.add("changed", `${param}.is_error`, "told in words");
      }
    }
    const order = new PartOrder(losses, param);
    if (message.role === "assistant") {
      for (const { type } of message.parts) order.add(type);
    }
    const calls = callsOf(message);
    for (const { id, name } of calls) names.set(id, name);
    const thought = message.parts.filter((part) => part.type === "reasoning");
    hasSignature ||= thought.some((part) => part.signature !== undefined);
    const thinking = thought.map(({ text }) => text).join("");
    const isEmpty = content === "" && images.length === 0 &&
      calls.length === 0 && thinking === "";
    if (isEmpty && message.parts.length > 0) continue;
    encoded.push({
      role: message.role === "developer" ? "system" : message.role,
      content,
      ...(images.length > 0 && { images }),
      ...(thinking !== "" && { thinking }),
      ...(calls.length > 0 && { tool_calls: calls.map(encodeCall) }),
    });
  }
  if (hasSignature) losses.add("dropped", "thinking.signature", provider);
  if (encoded.length > 0) return encoded;
  throw cannotCarry("messages", "send a conversation without content");
}

function callsOf({ parts }: Message): readonly ToolCallPart[] {
  return parts.filter((part) => part.type === "tool_call");
}

function encodeCall(
  { id, name, arguments: text }: ToolCallPart,
  index: number,
): unknown {
  return { id, function: { index, name, arguments: objectOf(text) } };
}

/** Arguments must be an object; what is none is told as one (A14). */
function objectOf(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    const value: unknown = parseJsonText(text);
    return isObject(value) ? value : { value };
  } catch {
    return { value: text };
  }
}

function encodeResult(
  { callId, parts, isError }: ToolResultPart,
  { param, name, losses }: {
    readonly param: string;
    readonly name: string | undefined;
    readonly losses: DialectTarget["losses"];
  },
): OllamaMessage {
  const { content, images } = splitParts(parts, {
    param,
    between: "\n",
    losses,
  });
  return {
    role: "tool",
    content: isError ? `Error: ${content}` : content,
    tool_call_id: callId,
    ...(name !== undefined && { tool_name: name }),
    ...(images.length > 0 && { images }),
  };
}
