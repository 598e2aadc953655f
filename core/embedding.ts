/**
 * Embeddings in no provider's words.
 *
 * @module
 */

import type { Usage } from "./answer.ts";
import type { EncodedRequest } from "./dialect.ts";
import type { UpstreamError } from "./errors.ts";

/** What a caller wants vectors of. */
export interface EmbeddingQuery {
  /** The model as the provider names it. */
  readonly model: string;
  /** The texts, at least one. */
  readonly inputs: readonly string[];
  /** How long the vectors shall be. Absent: the model's default. */
  readonly dimensions?: number;
}

/** The vectors, one for each text, in their order. */
export interface EmbeddingAnswer {
  /** At least one. */
  readonly vectors: readonly (readonly number[])[];
  /** Absent where the provider told none. */
  readonly usage?: Usage;
}

/** What a gateway needs of the dialect of a provider that has embeddings. */
export interface EmbeddingDialect {
  /** Writes a request. */
  encodeEmbeddings(query: EmbeddingQuery): EncodedRequest;
  /**
   * Reads the vectors.
   *
   * @throws {UpstreamError} when the body has none.
   */
  decodeEmbeddings(body: Uint8Array): EmbeddingAnswer;
  /** An answer with an error status, whatever its body. */
  decodeError(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): UpstreamError;
}
