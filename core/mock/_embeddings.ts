import { missing, wrongType, wrongValue } from "./_api_error.ts";
import { MAX_CHARS, tooLong } from "./_chat_messages.ts";
import { type JsonObject, readInteger } from "./_json_fields.ts";
import { estimateTokens } from "./_text.ts";
import { hashOf, toBase64, unitVector } from "./_vector.ts";

/** Most inputs in one request, as with OpenAI. */
const MAX_INPUTS = 2_048;
const MAX_TOKENS = 8_192;

type Input = string | readonly number[];

/**
 * Answers a request for embeddings: JSON, one vector at a time.
 *
 * @throws {ApiError} at once, naming the field at fault.
 */
export function embeddings(body: JsonObject, model: string): Generator<string> {
  const inputs = readInputs(body["input"]);
  const dimensions =
    readInteger(body, { name: "dimensions", min: 1, max: 4_096 }) ??
      256;
  const format = body["encoding_format"] ?? "float";
  if (format !== "float" && format !== "base64") {
    throw wrongValue("encoding_format", "float or base64");
  }
  let tokens = 0;
  for (const input of inputs) {
    tokens += typeof input === "string"
      ? estimateTokens(input.length)
      : input.length;
  }
  return list(inputs, {
    dimensions,
    base64: format === "base64",
    tokens,
    model,
  });
}

function* list(
  inputs: readonly Input[],
  { dimensions, base64, tokens, model }: {
    readonly dimensions: number;
    readonly base64: boolean;
    readonly tokens: number;
    readonly model: string;
  },
): Generator<string> {
  let separator = '{"object":"list","data":[';
  for (let index = 0; index < inputs.length; index++) {
    const vector = unitVector(hashOf(inputs[index]!), dimensions);
    const text = base64 ? `"${toBase64(vector)}"` : `[${vector.join()}]`;
    yield `${separator}{"object":"embedding","index":${index},` +
      `"embedding":${text}}`;
    separator = ",";
  }
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  yield `],"model":${JSON.stringify(model)},"usage":${JSON.stringify(usage)}}`;
}

function readInputs(input: unknown): readonly Input[] {
  if (input === undefined) throw missing("input");
  if (typeof input === "string") return [readInput(input, "input")];
  if (!Array.isArray(input)) {
    throw wrongType("input", "a string, an array of strings or of tokens");
  }
  if (input.length === 0) throw wrongValue("input", "at least one");
  if (typeof input[0] === "number") return [readInput(input, "input")];
  if (input.length > MAX_INPUTS) {
    throw wrongValue("input", `at most ${MAX_INPUTS} inputs`);
  }
  return input.map((one: unknown, i) => readInput(one, `input[${i}]`));
}

function readInput(input: unknown, at: string): Input {
  if (typeof input === "string") {
    if (input === "") throw wrongValue(at, "a string that is not empty");
    if (input.length > MAX_CHARS) throw tooLong();
    return input;
  }
  if (!Array.isArray(input)) {
    throw wrongType(at, "a string or an array of tokens");
  }
  if (input.length === 0 || input.length > MAX_TOKENS) {
    throw wrongValue(at, `1 to ${MAX_TOKENS} tokens`);
  }
  if (input.every((token) => Number.isInteger(token) && token >= 0)) {
    return input;
  }
  throw wrongType(at, "an array of tokens: integers from 0");
}
