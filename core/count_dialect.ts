/**
 * Counts of tokens in no provider's words.
 *
 * @module
 */

import type { Conversation } from "./conversation.ts";
import type {
  DecodeOptions,
  DialectTarget,
  EncodedRequest,
} from "./dialect.ts";
import type { UpstreamError } from "./errors.ts";
import type { JsonDocument } from "./json_document.ts";

/** Tokens of an input that were counted by a provider. */
export interface TokenCount {
  /** JSON in the client's dialect. */
  readonly body: string;
  /** How many there are. */
  readonly inputTokens: number;
}

/** What a gateway needs of a dialect in which clients ask for counts of tokens. */
export interface CountClient {
  /** The dialect's name. */
  readonly name: string;
  /**
   * Checks what a gateway itself relies on, cheaply.
   *
   * @throws {GatewayError} 400 naming the field at fault (K17).
   */
  check(document: JsonDocument): void;
  /** The request of which the tokens are to be counted, which may be a part of the question. */
  request(document: JsonDocument): JsonDocument["value"];
  /**
   * Reads a question.
   *
   * @throws {GatewayError} 400 naming the field at fault.
   */
  decode(document: JsonDocument, options?: DecodeOptions): Conversation;
  /** Writes the answer. */
  encode(inputTokens: number): string;
  /** The question for a provider of the same dialect, with the smallest edit. */
  pass(
    document: JsonDocument,
    target: DialectTarget,
    options?: DecodeOptions,
  ): EncodedRequest;
}

/**
 * The code of an error that says that a provider does not count for a model, or
 * not where it is.
 *
 * @example What is told of it
 * ```ts
 * import { NOT_COUNTED } from "@llm-proxy/core/lazy";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(NOT_COUNTED, "count_unsupported");
 * ```
 */
export const NOT_COUNTED = "count_unsupported";

/** What a gateway needs of the dialect of a provider that counts tokens. */
export interface CountDialect {
  /** Writes a question of a client whose words are all understood, with the smallest edit; `undefined` for others. @default {none are, but of the same dialect} */
  passCount?(
    client: CountClient,
    document: JsonDocument,
    target: DialectTarget,
  ): EncodedRequest | undefined;
  /** Writes a question. */
  encodeCount(
    conversation: Conversation,
    target: DialectTarget,
  ): EncodedRequest;
  /**
   * Reads the count; the body is the provider's own text.
   *
   * @throws {UpstreamError} when the body tells none.
   */
  decodeCount(body: Uint8Array): TokenCount;
  /** An answer with an error status, whatever its body. */
  decodeError(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): UpstreamError;
}
