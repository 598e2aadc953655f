import type { EncodedRequest } from "../../dialect.ts";
import type {
  EmbeddingAnswer,
  EmbeddingDialect,
  EmbeddingQuery,
} from "../../embedding.ts";
import { GatewayError } from "../../errors.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { asList, isObject } from "../_json.ts";
import { parseGeminiAnswer } from "../gemini/_parse_answer.ts";
import {
  decodeEmbeddings as decodeContentEmbeddings,
  vectorOf,
} from "../gemini/embeddings.ts";
import { decodeErrorAnswer, decodeErrorObject } from "../gemini/errors.ts";
import { modelPath } from "./_model_path.ts";

const decoder = new TextDecoder();

/** Vertex AI's embeddings: `predict` of the older models, `embedContent` of the newer ones. */
export const vertexEmbeddings: EmbeddingDialect = {
  encodeEmbeddings,
  decodeEmbeddings,
  decodeError: (status, headers, body) =>
    decodeErrorAnswer({ status, headers, body }),
};

/** Of Gemini's embedding models the first one alone is asked by `predict`. */
function takesContent(model: string): boolean {
  return /gemini-embedding-(?!001)/.test(model);
}

function encodeEmbeddings(
  { model, inputs, dimensions }: EmbeddingQuery,
): EncodedRequest {
  const path = modelPath(model);
  const size = dimensions === undefined
    ? {}
    : { outputDimensionality: dimensions };
  if (!takesContent(model)) {
    const body = JSON.stringify({
      instances: inputs.map((content) => ({ content })),
      ...(dimensions !== undefined && { parameters: size }),
    });
    return { path: `${path}:predict`, headers: {}, body };
  }
  if (inputs.length > 1) {
    throw new GatewayError(
      "invalid_request",
      "Cannot embed several inputs at once: this model takes one",
      { code: "unsupported_value", param: "input" },
    );
  }
  const body = JSON.stringify({
    content: { role: "user", parts: inputs.map((text) => ({ text })) },
    ...(dimensions !== undefined && { embedContentConfig: size }),
  });
  return { path: `${path}:embedContent`, headers: {}, body };
}

function decodeEmbeddings(body: Uint8Array): EmbeddingAnswer {
  const answer = parseGeminiAnswer(decoder.decode(body));
  if (answer.error !== undefined) throw decodeErrorObject(answer);
  if (answer.predictions === undefined) return decodeContentEmbeddings(body);
  const found = asList(answer.predictions).map((prediction) =>
    isObject(prediction) && isObject(prediction.embeddings)
      ? prediction.embeddings
      : {}
  );
  if (found.length === 0) throw invalidAnswer("has no embeddings");
  const input = found.reduce((sum, { statistics }) => {
    const count = isObject(statistics) ? statistics.token_count : 0;
    return sum + (typeof count === "number" && count > 0 ? count : 0);
  }, 0);
  return {
    vectors: found.map(vectorOf),
    ...(input > 0 && {
      usage: {
        input,
        cached: 0,
        cacheWrite: 0,
        cacheWrite1h: 0,
        output: 0,
        reasoning: 0,
        total: input,
      },
    }),
  };
}
