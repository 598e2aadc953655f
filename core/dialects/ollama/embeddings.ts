import type { EncodedRequest } from "../../dialect.ts";
import type {
  EmbeddingAnswer,
  EmbeddingDialect,
  EmbeddingQuery,
} from "../../embedding.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { asList, isObject } from "../_json.ts";
import { decodeOllamaError, ollamaFailure } from "./errors.ts";

/** Ollama's embeddings: `/api/embed`. */
export const ollamaEmbeddings: EmbeddingDialect = {
  encodeEmbeddings,
  decodeEmbeddings,
  decodeError: decodeOllamaError,
};

function encodeEmbeddings(
  { model, inputs, dimensions }: EmbeddingQuery,
): EncodedRequest {
  const body = { model, input: inputs, dimensions };
  return { path: "/api/embed", headers: {}, body: JSON.stringify(body) };
}

function decodeEmbeddings(body: Uint8Array): EmbeddingAnswer {
  const value = parseAnswer(
    new TextDecoder().decode(body),
    "is no valid JSON",
  );
  if (!isObject(value)) throw invalidAnswer("is no JSON object");
  if (value.error !== undefined) throw ollamaFailure(value);
  const vectors = asList(value.embeddings).map((vector) => {
    const isVector = Array.isArray(vector) && vector.length > 0 &&
      vector.every((number) => typeof number === "number");
    if (isVector) return vector;
    throw invalidAnswer("has an embedding without numbers");
  });
  if (vectors.length === 0) throw invalidAnswer("has no embeddings");
  const { prompt_eval_count: input } = value;
  if (typeof input !== "number") return { vectors };
  const none = { cached: 0, cacheWrite: 0, cacheWrite1h: 0 };
  return {
    vectors,
    usage: { ...none, input, output: 0, reasoning: 0, total: input },
  };
}
