import type { ChatRequest } from "./_chat_request.ts";
import { MAX_CHARS, tooLong } from "./_chat_messages.ts";
import type { ChatTool } from "./_chat_tools.ts";
import { isObject } from "./_json_fields.ts";
import { lorem } from "./_lorem.ts";
import { schemaSample } from "./schema_sample.ts";
import { limitText } from "./_text.ts";

/** What the model says, in each of the choices. */
export type Reply =
  | {
    readonly type: "text";
    readonly text: string;
    readonly finish: "stop" | "length";
  }
  | {
    readonly type: "tool";
    readonly name: string;
    /** JSON text of an object. */
    readonly arguments: string;
  };

/** Decides what the model says. */
export function replyTo(request: ChatRequest): Reply {
  const { behaviour, prompt, tool } = request;
  if (behaviour.kind === "tool") {
    if (prompt.toolResults !== undefined) {
      return textReply(`The tool answered: ${prompt.toolResults}`, request);
    }
    if (tool !== undefined) return toolReply(tool);
  }
  return textReply(spoken(request), request);
}

/** The number of characters that count as output, per choice. */
export function replyChars(reply: Reply): number {
  return reply.type === "text"
    ? reply.text.length
    : reply.name.length + reply.arguments.length;
}

function spoken(request: ChatRequest): string {
  const { behaviour, format, maxTokens, prompt } = request;
  if (format.type === "json_schema") {
    return JSON.stringify(schemaSample(format.schema));
  }
  const free = format.type === "text";
  const text = behaviour.kind === "lorem"
    ? lorem(free ? maxTokens : undefined)
    : prompt.userText;
  return free ? text : JSON.stringify({ echo: text });
}

function textReply(whole: string, request: ChatRequest): Reply {
  const { text, finish } = limitText(whole, request);
  if (text.length * request.n > MAX_CHARS) throw tooLong();
  return { type: "text", text, finish };
}

function toolReply({ name, parameters }: ChatTool): Reply {
  const sample = schemaSample(parameters);
  return {
    type: "tool",
    name,
    arguments: JSON.stringify(isObject(sample) ? sample : {}),
  };
}
