import type { EncodedRequest } from "../../dialect.ts";
import type {
  EmbeddingAnswer,
  EmbeddingDialect,
  EmbeddingQuery,
} from "../../embedding.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { asList, isObject } from "../_json.ts";
import { cohereFailure, decodeCohereError } from "./errors.ts";
import { readUsage } from "./usage.ts";

/** Cohere's embeddings: `/v2/embed`. Texts are taken for documents: what they are for, the caller can't say. */
export const cohereEmbeddings: EmbeddingDialect = {
  encodeEmbeddings,
  decodeEmbeddings,
  decodeError: decodeCohereError,
};

function encodeEmbeddings(
  { model, inputs, dimensions }: EmbeddingQuery,
): EncodedRequest {
  const body = {
    model,
    texts: inputs,
    input_type: "search_document",
    embedding_types: ["float"],
    output_dimension: dimensions,
  };
  return { path: "/embed", headers: {}, body: JSON.stringify(body) };
}

function decodeEmbeddings(body: Uint8Array): EmbeddingAnswer {
  const value = parseAnswer(
    new TextDecoder().decode(body),
    "is no valid JSON",
  );
  if (!isObject(value)) throw invalidAnswer("is no JSON object");
  if (!isObject(value.embeddings)) {
    if (value.message !== undefined) throw cohereFailure(value);
    throw invalidAnswer("has no embeddings");
  }
  const vectors = asList(value.embeddings.float).map((vector) => {
    const isVector = Array.isArray(vector) && vector.length > 0 &&
      vector.every((number) => typeof number === "number");
    if (isVector) return vector;
    throw invalidAnswer("has an embedding without numbers");
  });
  if (vectors.length === 0) throw invalidAnswer("has no embeddings");
  const usage = readUsage(value.meta);
  return { vectors, ...(usage && { usage }) };
}
