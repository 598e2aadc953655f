import type { TranslatedAnswer } from "../../dialect.ts";
import type { EmbeddingAnswer, EmbeddingDialect } from "../../embedding.ts";
import { GatewayError } from "../../errors.ts";
import { editJsonDocument, type JsonDocument } from "../../json_document.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { carriesError, isMutableJson, type MutableJson } from "./_pass_json.ts";
import { decodeChatError, decodeChatErrorObject } from "./decode_error.ts";
import { decodeChatUsage } from "./usage.ts";

const NO_LIST = "is no list of embeddings";
const decoder = new TextDecoder();

/**
 * Checks an embeddings request and puts the provider's model name in it;
 * everything else stays byte for byte.
 *
 * @throws {GatewayError} 400 naming the field at fault (K17).
 */
export function passEmbeddingsRequest(
  document: JsonDocument,
  model: string,
): string {
  const { input } = document.value;
  const empty = input === undefined || input === null || input === "" ||
    Array.isArray(input) && input.length === 0;
  if (empty || typeof input !== "string" && !Array.isArray(input)) {
    throw new GatewayError(
      "invalid_request",
      "Field 'input' must be a string or an array of strings or tokens, and not empty",
      {
        code: empty ? "missing_required_parameter" : "invalid_type",
        param: "input",
      },
    );
  }
  if (document.value.model === model) return document.text;
  return editJsonDocument(
    document,
    new Map([["model", JSON.stringify(model)]]),
  );
}

/**
 * Checks a provider's embeddings and hands on its text.
 *
 * @throws {UpstreamError} when they are none, or an error in a 200 (U11).
 */
export function passEmbeddingsAnswer(body: Uint8Array): TranslatedAnswer {
  const text = decoder.decode(body);
  const value = parse(text);
  if (carriesError(value)) throw decodeChatErrorObject(value);
  if (!Array.isArray(value.data) || value.data.length === 0) {
    throw invalidAnswer(NO_LIST);
  }
  const usage = decodeChatUsage(value.usage);
  return {
    body: text,
    ...(usage && { usage }),
    finish: "stop",
    model: typeof value.model === "string" ? value.model : "",
  };
}

/** The provider's embeddings, for clients of other dialects. */
export const openAiEmbeddings: EmbeddingDialect = {
  encodeEmbeddings: ({ model, inputs, dimensions }) => ({
    path: "/embeddings",
    headers: {},
    body: JSON.stringify({ model, input: inputs, dimensions }),
  }),
  decodeEmbeddings,
  decodeError: decodeChatError,
};

/** Reads the vectors in the order of the inputs. */
function decodeEmbeddings(body: Uint8Array): EmbeddingAnswer {
  const value = parse(decoder.decode(body));
  if (carriesError(value)) throw decodeChatErrorObject(value);
  const { data } = value;
  if (!Array.isArray(data) || data.length === 0) throw invalidAnswer(NO_LIST);
  const vectors: (readonly number[])[] = [];
  for (const [place, item] of data.entries()) {
    if (!isMutableJson(item) || !isVector(item.embedding)) {
      throw invalidAnswer("has an embedding without numbers");
    }
    const { index = place } = item;
    if (!Number.isInteger(index) || !(Number(index) in data)) {
      throw invalidAnswer(NO_LIST);
    }
    vectors[Number(index)] = item.embedding;
  }
  const usage = decodeChatUsage(value.usage);
  return {
    // What is missing is told by the count.
    vectors: vectors.filter((vector) => vector !== undefined),
    ...(usage && { usage }),
  };
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((number) => typeof number === "number");
}

function parse(text: string): MutableJson {
  const value = parseAnswer(text, NO_LIST);
  if (!isMutableJson(value)) throw invalidAnswer(NO_LIST);
  return value;
}
