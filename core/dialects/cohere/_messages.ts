import type {
  Conversation,
  ImagePart,
  Message,
  Part,
  ToolCallPart,
  ToolResultPart,
} from "../../conversation.ts";
import type { DialectTarget } from "../../dialect.ts";
import { documentOf, isDocument } from "./_documents.ts";
import { GatewayError } from "../../errors.ts";
import { PartOrder } from "../_part_order.ts";

type CohereMessage = Readonly<Record<string, unknown>>;

/** A request that Cohere can't carry. `action` ends the sentence "Cannot …". */
export function cannotCarry(param: string, action: string): GatewayError {
  return new GatewayError("invalid_request", `Cannot ${action}`, {
    code: "unsupported_value",
    param,
  });
}

/** Writes the turns (G3, G4, G11, O2). */
export function encodeMessages(
  { messages }: Conversation,
  target: DialectTarget,
): CohereMessage[] {
  const encoded = messages.flatMap((message, index) =>
    encodeMessage(message, `messages[${index}]`, target)
  );
  if (encoded.length > 0) return encoded;
  throw cannotCarry("messages", "send a conversation without content");
}

function encodeMessage(
  { role, name, parts }: Message,
  param: string,
  target: DialectTarget,
): CohereMessage[] {
  const { losses, provider } = target;
  if (name !== undefined) losses.add("dropped", `${param}.name`, provider);
  const results = parts.flatMap((part, index) =>
    part.type === "tool_result"
      ? [encodeResult(part, `${param}.content[${index}]`, target)]
      : []
  );
  const calls = parts.filter((part) => part.type === "tool_call");
  const order = new PartOrder(losses, param);
  if (role === "assistant") { for (const { type } of parts) order.add(type); }
  const content = contentOf(parts, { role, param });
  const plan = thoughtOf(parts, param, target);
  if (calls.length > 0) {
    const turn = {
      role,
      ...(content !== "" && { content }),
      // What was planned before a call stands beside it (G3).
      ...(plan !== "" && { tool_plan: plan }),
      tool_calls: calls.map(encodeCall),
    };
    return [...results, turn];
  }
  if (content === "" && plan === "") return results;
  const thought = plan === ""
    ? content
    : [{ type: "thinking", thinking: plan }, ...asParts(content)];
  const speaker = role === "developer" ? "system" : role;
  return [...results, { role: speaker, content: thought }];
}

/** One text is a string; several, and pictures, a list. What the model has said goes on from part to part. */
function contentOf(
  parts: readonly Part[],
  { role, param }: { readonly role: Message["role"]; readonly param: string },
): string | readonly unknown[] {
  const content: unknown[] = [];
  let text = "";
  let isList = false;
  for (const [index, part] of parts.entries()) {
    const place = `${param}.content[${index}]`;
    switch (part.type) {
      case "text":
      case "refusal":
        if (part.text === "") break;
        isList ||= text !== "" && role !== "assistant";
        text += part.text;
        content.push({ type: "text", text: part.text });
        break;
      case "image":
        isList = true;
        content.push(imageOf(part));
        break;
      case "file":
      case "audio":
        if (isDocument(part)) break;
        throw cannotCarry(
          place,
          `send content of type '${part.type}' to this provider`,
        );
    }
  }
  return isList ? content : text;
}

function asParts(content: string | readonly unknown[]): readonly unknown[] {
  if (typeof content !== "string") return content;
  return content === "" ? [] : [{ type: "text", text: content }];
}

function imageOf(
  { url, data, mediaType = "image/png", detail }: ImagePart,
): unknown {
  return {
    type: "image_url",
    image_url: {
      url: url ?? `data:${mediaType};base64,${data}`,
      ...(detail !== undefined && { detail }),
    },
  };
}

/** Thought in readable words; a proof of it is another provider's. */
function thoughtOf(
  parts: readonly Part[],
  param: string,
  { losses, provider }: DialectTarget,
): string {
  let text = "";
  for (const part of parts) {
    if (part.type !== "reasoning") continue;
    text += part.text;
    if (part.signature !== undefined || part.redacted !== undefined) {
      losses.add("dropped", `${param}.reasoning.signature`, provider);
    }
  }
  return text;
}

function encodeCall({ id, name, arguments: text }: ToolCallPart): unknown {
  const told = text.trim() === "" ? "{}" : text;
  return { id, type: "function", function: { name, arguments: told } };
}

function encodeResult(
  { callId, parts, isError }: ToolResultPart,
  param: string,
  { losses }: DialectTarget,
): CohereMessage {
  const documents: unknown[] = [];
  const texts: string[] = [];
  for (const part of parts) {
    const document = part.type === "file" ? documentOf(part) : undefined;
    if (part.type === "text") texts.push(part.text);
    else if (document) documents.push({ type: "document", document });
    else {
      throw cannotCarry(
        param,
        `send content of type '${part.type}' in a tool result to this provider`,
      );
    }
  }
  if (isError) losses.add("changed", `${param}.is_error`, "told in words");
  const said = texts.join("\n");
  const text = isError ? `Error: ${said}` : said;
  return {
    role: "tool",
    tool_call_id: callId,
    content: documents.length === 0 ? text : [...asParts(text), ...documents],
  };
}
