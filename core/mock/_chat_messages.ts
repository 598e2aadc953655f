import { ApiError, missing, wrongType, wrongValue } from "./_api_error.ts";
import { contentChars, textOf } from "./_chat_content.ts";
import { isObject } from "./_json_fields.ts";

/** Most characters that the messages of one request hold in all. */
export const MAX_CHARS = 16 * 1024 * 1024;

const ROLES: ReadonlySet<unknown> = new Set([
  "system",
  "developer",
  "user",
  "assistant",
  "tool",
]);
/** What the mock's models need to know of the messages. */
export interface Prompt {
  /** Characters of all texts, tool calls included. */
  readonly chars: number;
  /** The text of the last user message, all its text parts joined. */
  readonly userText: string;
  /** The texts of the tool results at the end; `undefined` where the last message is none. */
  readonly toolResults: string | undefined;
}

/** Checks and reads `messages`, in one pass. */
export function readMessages(messages: unknown): Prompt {
  if (messages === undefined) throw missing("messages");
  if (!Array.isArray(messages)) throw wrongType("messages", "an array");
  if (messages.length === 0) throw wrongValue("messages", "at least one");
  let chars = 0;
  let user: unknown;
  let results: string[] | undefined;
  let calls: ReadonlySet<unknown> | undefined;
  for (let i = 0; i < messages.length; i++) {
    const message: unknown = messages[i];
    const at = `messages[${i}]`;
    if (!isObject(message)) throw wrongType(at, "an object");
    const role = message["role"];
    if (!ROLES.has(role)) {
      throw wrongValue(`${at}.role`, `one of ${[...ROLES].join(", ")}`);
    }
    chars += contentChars(message, at);
    if (role === "tool") {
      if (!calls?.has(message["tool_call_id"])) throw strayResult(at);
      (results ??= []).push(textOf(message["content"]));
      continue;
    }
    results = undefined;
    calls = undefined;
    if (role === "user") user = message["content"];
    else if (role === "assistant") {
      const made = readCalls(message["tool_calls"], `${at}.tool_calls`);
      chars += made.chars;
      calls = made.ids;
    }
  }
  if (chars > MAX_CHARS) throw tooLong();
  return { chars, userText: textOf(user), toolResults: results?.join("\n") };
}

/** The refusal of a request whose texts pass {@linkcode MAX_CHARS}. */
export function tooLong(): ApiError {
  return new ApiError(
    `This model's maximum context length is ${MAX_CHARS / 4} tokens`,
    { param: "messages", code: "context_length_exceeded" },
  );
}

function strayResult(at: string): ApiError {
  return wrongValue(
    `${at}.tool_call_id`,
    "the id of a tool call in the preceding assistant message",
  );
}

function readCalls(
  calls: unknown,
  at: string,
): { ids: ReadonlySet<unknown> | undefined; chars: number } {
  if (calls === undefined || calls === null) {
    return { ids: undefined, chars: 0 };
  }
  if (!Array.isArray(calls)) throw wrongType(at, "an array");
  const ids = new Set<unknown>();
  let chars = 0;
  for (let i = 0; i < calls.length; i++) {
    const call: unknown = calls[i];
    const made = isObject(call) ? call["function"] : undefined;
    if (!isObject(call) || typeof call["id"] !== "string" || !isObject(made)) {
      throw wrongType(`${at}[${i}]`, "an object with an id and a function");
    }
    const { name, arguments: text } = made;
    if (typeof name !== "string" || typeof text !== "string") {
      throw wrongType(
        `${at}[${i}].function`,
        "a name and arguments as strings",
      );
    }
    ids.add(call["id"]);
    chars += name.length + text.length;
  }
  return { ids, chars };
}
