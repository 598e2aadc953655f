import type { FinishClass } from "../../answer.ts";
import type { TranslatedAnswer } from "../../dialect.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { readErrorBody } from "./_decode_error_body.ts";
import { argumentsText, mendContent } from "./_pass_content.ts";
import { passFinish } from "./_pass_finish.ts";
import {
  carriesError,
  encodeJson,
  generateCallId,
  isMutableJson,
  isName,
  isTime,
  type MutableJson,
  nowInSeconds,
  tellCached,
  usageOf,
} from "./_pass_json.ts";
import { decodeChatErrorObject } from "./decode_error.ts";
import { generateChatId } from "./encode_answer.ts";
import { decodeChatUsage } from "./usage.ts";

/** What {@linkcode passChatAnswer} may be told. */
export interface PassAnswerOptions {
  /** The model to name where the provider names none (J23). @default {"unknown"} */
  readonly model?: string;
}

const OBJECT = "chat.completion";
/** What is no UTF-8 becomes U+FFFD, a byte order mark goes. */
const decoder = new TextDecoder();

/**
 * Takes the answer of an OpenAI-compatible provider for a client of the same
 * dialect. It is checked, and mended where strict clients would stumble: empty
 * or object arguments (A13, J21), content beside tool calls (A15), the finish
 * reason (A16), content arrays (H1), an empty list of tool calls (J20), thought
 * told twice (J22), counts in a place of the provider's own (J8, J9), ids and
 * other members that must be there (J23).
 *
 * @returns The provider's own text where nothing had to change.
 * @throws {UpstreamError} when the body is not one whole, valid answer (U7), or
 * tells an error in spite of its status 200 (U11, J2).
 */
export function passChatAnswer(
  body: Uint8Array,
  options: PassAnswerOptions = {},
): TranslatedAnswer {
  const text = decoder.decode(body);
  const value = parseAnswer(text, "is no valid JSON");
  if (!isMutableJson(value)) throw invalidAnswer("is no JSON object");
  if (carriesError(value)) throw decodeChatErrorObject(value);
  const { choices } = value;
  if (!Array.isArray(choices) || choices.length === 0) {
    throw readErrorBody(value).message === undefined
      ? invalidAnswer("has no choices")
      : decodeChatErrorObject(value);
  }
  let changed = mendHead(value, options.model ?? "unknown");
  let finish: FinishClass | undefined;
  for (let place = 0; place < choices.length; place++) {
    const choice = messageChoice(choices[place]);
    changed = mendChoice(choice, place) || changed;
    const { reason, finish: told } = passFinish(choice, hasCalls(choice));
    finish ??= told;
    if (reason === choice.finish_reason) continue;
    choice.finish_reason = reason;
    changed = true;
  }
  const counts = usageOf(value);
  const usage = decodeChatUsage(counts, value.service_tier);
  if (isMutableJson(counts)) {
    changed = tellCached(counts, usage?.cached) || changed;
    if (counts !== value.usage) {
      value.usage = counts;
      changed = true;
    }
  }
  return {
    body: changed ? encodeJson(value) : text,
    usage,
    finish: finish ?? "stop",
    model: String(value.model),
  };
}

function mendHead(answer: MutableJson, model: string): boolean {
  const { id, object, created } = answer;
  const isWhole = isName(id) && object === OBJECT && isTime(created) &&
    isName(answer.model);
  if (isWhole) return false;
  if (!isName(id)) answer.id = generateChatId();
  answer.object = OBJECT;
  if (!isTime(created)) answer.created = nowInSeconds();
  if (!isName(answer.model)) answer.model = model;
  return true;
}

/** A choice of an answer. */
interface Choice extends MutableJson {
  readonly message: MutableJson;
}

function messageChoice(choice: unknown): Choice {
  if (isMutableJson(choice) && isMutableJson(choice.message)) {
    return choice as Choice;
  }
  throw invalidAnswer("has a choice without a message");
}

function hasCalls({ message }: Choice): boolean {
  return Array.isArray(message.tool_calls);
}

/** Mends all of it but its finish reason. */
function mendChoice(choice: Choice, place: number): boolean {
  const { message } = choice;
  let changed = mendContent(message);
  if (!Number.isInteger(choice.index)) {
    choice.index = place;
    changed = true;
  }
  if (message.role !== "assistant") {
    message.role = "assistant";
    changed = true;
  }
  changed = mendToolCalls(message) || changed;
  const { content } = message;
  if (content === undefined || (content === "" && hasCalls(choice))) {
    message.content = null;
    changed = true;
  }
  return changed;
}

function mendToolCalls(message: MutableJson): boolean {
  const { tool_calls: calls } = message;
  if (calls === undefined || calls === null) return false;
  if (!Array.isArray(calls)) {
    throw invalidAnswer("has tool calls of the wrong type");
  }
  if (calls.length === 0) {
    message.tool_calls = undefined;
    return true;
  }
  let changed = false;
  for (const call of calls) {
    if (!isMutableJson(call)) throw invalidAnswer("has an empty tool call");
    if (!isName(call.id)) {
      call.id = generateCallId();
      changed = true;
    }
    if (!isName(call.type)) {
      call.type = "function";
      changed = true;
    }
    if (call.type === "function") changed = mendFunction(call) || changed;
  }
  return changed;
}

function mendFunction({ function: called }: MutableJson): boolean {
  if (!isMutableJson(called) || !isName(called.name)) {
    throw invalidAnswer("has a tool call without a name");
  }
  const text = argumentsText(called.arguments);
  const mended = text.trim() === "" ? "{}" : text;
  if (mended === called.arguments) return false;
  called.arguments = mended;
  return true;
}
