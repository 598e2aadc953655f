import type { EncodedRequest } from "../../dialect.ts";
import type {
  EmbeddingAnswer,
  EmbeddingDialect,
  EmbeddingQuery,
} from "../../embedding.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { asList, isObject, type JsonObject } from "../_json.ts";
import { modelPath, modelResource } from "./_model_path.ts";
import { parseGeminiAnswer } from "./_parse_answer.ts";
import { decodeErrorAnswer, decodeErrorObject } from "./errors.ts";
import { UsageTally } from "./usage.ts";

const decoder = new TextDecoder();

/** The provider's embeddings. */
export const geminiEmbeddings: EmbeddingDialect = {
  encodeEmbeddings,
  decodeEmbeddings,
  decodeError: (status, headers, body) =>
    decodeErrorAnswer({ status, headers, body }),
};

/** Writes a request for one vector to `embedContent`, for several to `batchEmbedContents`. */
export function encodeEmbeddings(query: EmbeddingQuery): EncodedRequest {
  const { model, inputs, dimensions } = query;
  const requests = inputs.map((text) => ({
    model: modelResource(model),
    content: { parts: [{ text }] },
    ...(dimensions !== undefined && { outputDimensionality: dimensions }),
  }));
  const isOne = requests.length === 1;
  return {
    path: modelPath(model) + (isOne ? ":embedContent" : ":batchEmbedContents"),
    headers: {},
    body: JSON.stringify(isOne ? requests[0] : { requests }),
  };
}

/**
 * Reads one vector or several, in the order of the inputs.
 *
 * @throws {UpstreamError} when there are none, or an error in a 200 (U11).
 */
export function decodeEmbeddings(body: Uint8Array): EmbeddingAnswer {
  const response = parseGeminiAnswer(decoder.decode(body));
  if (response.error !== undefined) throw decodeErrorObject(response);
  const { embedding, embeddings = embedding && [embedding] } = response;
  const vectors = asList(embeddings).map(vectorOf);
  if (vectors.length === 0) throw invalidAnswer("has no embeddings");
  const tally = new UsageTally();
  tally.add(response.usageMetadata);
  const { usage } = tally;
  return { vectors, ...(usage !== undefined && { usage }) };
}

/** The numbers of an embedding. */
export function vectorOf(embedding: unknown): readonly number[] {
  const values = isObject(embedding) ? (embedding as JsonObject).values : [];
  const isVector = Array.isArray(values) && values.length > 0 &&
    values.every((value) => typeof value === "number");
  if (isVector) return values;
  throw invalidAnswer("has an embedding without numbers");
}
