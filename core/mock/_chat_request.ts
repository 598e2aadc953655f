import { ApiError, missing, wrongType, wrongValue } from "./_api_error.ts";
import { type Prompt, readMessages } from "./_chat_messages.ts";
import { type ChatTool, readToolChoice, readTools } from "./_chat_tools.ts";
import {
  isObject,
  type JsonObject,
  readBoolean,
  readInteger,
} from "./_json_fields.ts";
import type { MockModel } from "./_mock_model.ts";
import type { TextLimits } from "./_text.ts";

/** The form that `response_format` asks for. */
export type AnswerFormat =
  | { readonly type: "text" | "json_object" }
  | { readonly type: "json_schema"; readonly schema: unknown };

/** A chat request, checked as a provider does. */
export interface ChatRequest extends TextLimits {
  /** The model's name as it came. */
  readonly model: string;
  readonly behaviour: MockModel;
  readonly prompt: Prompt;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** How many choices to give. */
  readonly n: number;
  /** The tool that a model may call: the one asked for, else the first. */
  readonly tool: ChatTool | undefined;
  readonly format: AnswerFormat;
}

/**
 * Reads the body of a chat request.
 *
 * @throws {ApiError} naming the field at fault.
 */
export function readChatRequest(
  body: JsonObject,
  model: { readonly name: string; readonly behaviour: MockModel },
): ChatRequest {
  const prompt = readMessages(body["messages"]);
  const stream = readBoolean(body, "stream");
  const tools = readTools(body["tools"]);
  const maxTokens = readLimit(body, "max_completion_tokens") ??
    readLimit(body, "max_tokens");
  return {
    model: model.name,
    behaviour: model.behaviour,
    prompt,
    stream,
    includeUsage: readIncludeUsage(body["stream_options"], stream),
    n: readInteger(body, { name: "n", min: 1, max: 8 }) ?? 1,
    stop: readStop(body["stop"]),
    maxTokens,
    tool: readToolChoice(body["tool_choice"], tools),
    format: readFormat(body["response_format"]),
  };
}

function readLimit(body: JsonObject, name: string): number | undefined {
  return readInteger(body, { name, min: 1, max: Number.MAX_SAFE_INTEGER });
}

function readIncludeUsage(options: unknown, stream: boolean): boolean {
  if (options === undefined || options === null) return false;
  if (!stream) {
    throw new ApiError("'stream_options' is only allowed with 'stream'", {
      param: "stream_options",
    });
  }
  if (!isObject(options)) throw wrongType("stream_options", "an object");
  return readBoolean(options, "include_usage");
}

function readStop(stop: unknown): readonly string[] {
  if (stop === undefined || stop === null) return [];
  const list: unknown[] = Array.isArray(stop) ? stop : [stop];
  if (list.length > 4) throw wrongValue("stop", "at most four sequences");
  return list.map((sequence) => {
    if (typeof sequence !== "string") {
      throw wrongType("stop", "a string or an array of strings");
    }
    if (sequence === "") {
      throw wrongValue("stop", "sequences that are not empty");
    }
    return sequence;
  });
}

function readFormat(format: unknown): AnswerFormat {
  if (format === undefined || format === null) return { type: "text" };
  if (!isObject(format)) throw wrongType("response_format", "an object");
  const type = format["type"];
  if (type === "text" || type === "json_object") return { type };
  if (type !== "json_schema") {
    throw wrongValue(
      "response_format.type",
      "one of text, json_object, json_schema",
    );
  }
  const named = format["json_schema"];
  if (!isObject(named)) throw missing("response_format.json_schema");
  if (typeof named["name"] !== "string") {
    throw missing("response_format.json_schema.name");
  }
  const schema = named["schema"] ?? {};
  if (!isObject(schema)) {
    throw wrongType("response_format.json_schema.schema", "an object");
  }
  return { type, schema };
}
