import { dialectRow } from "./_dialect_table.ts";
import type { CountClient, TokenCount } from "./count_dialect.ts";
import type { DecodeOptions, EncodedRequest } from "./dialect.ts";
import type { UpstreamError } from "./errors.ts";
import { estimateInputTokens } from "./estimate_tokens.ts";
import type { JsonDocument } from "./json_document.ts";
import type { LossReport } from "./loss_report.ts";
import type { Destination } from "./routing/route.ts";

/** A question for a count of tokens on its way to a provider that answers it. */
export interface CountTranslation {
  /** What goes to the provider. */
  readonly request: EncodedRequest;
  /**
   * Makes the client's answer of the provider's.
   *
   * @throws {UpstreamError} when the body tells no count.
   */
  answer(body: Uint8Array): TokenCount;
  /** What an answer with an error status means. */
  error(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): UpstreamError;
}

/** What {@linkcode translateTokenCount} needs besides the request. */
export interface TranslateCountOptions extends DecodeOptions {
  /** The dialect in which the client asks. */
  readonly client: CountClient;
  /** Where the request goes. */
  readonly deployment: Destination;
  /** Takes note of what could not be carried over, and of an estimate. */
  readonly losses: LossReport;
  /** The count to answer with where the provider has none. @default {a rough estimate} */
  readonly counted?: {
    readonly tokens: number;
    /** Whether the model's own tokenizer has counted. */
    readonly exact: boolean;
  } | undefined;
}

/**
 * Prepares a client's request to count tokens for a deployment (C37). A
 * provider that counts is asked; for any other the answer is an estimate, which
 * the report takes note of.
 *
 * @returns What to send, or the answer at once.
 * @throws {GatewayError} naming the field that is wrong.
 *
 * @example An estimate
 * ```ts
 * import { LossReport, parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
 * import { messagesCount, translateTokenCount } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const body = `{"model":"mock/echo","messages":[{"role":"user","content":"Hi there"}]}`;
 * const losses = new LossReport();
 * const count = translateTokenCount(
 *   parseJsonDocument(new TextEncoder().encode(body)),
 *   { client: messagesCount, deployment: { provider, model: "echo" }, losses },
 * );
 * assertEquals(count, { body: `{"input_tokens":6}`, inputTokens: 6 });
 * assertEquals(losses.toString(), "approximated: input_tokens (estimated)");
 * factory.close();
 * ```
 */
export function translateTokenCount(
  document: JsonDocument,
  options: TranslateCountOptions,
): CountTranslation | TokenCount {
  const { client, deployment, losses, counted } = options;
  const { provider, model } = deployment;
  const { name, dialect, quirks } = provider;
  const target = { provider: name, model, quirks, losses };
  const { count } = dialectRow(dialect, model);
  const decoded = { ...options, model };
  if (count === undefined || counted !== undefined) {
    const conversation = client.decode(document, decoded);
    const inputTokens = counted?.tokens ?? estimateInputTokens(conversation);
    if (!counted?.exact) {
      losses.add("approximated", "input_tokens", "estimated");
    }
    return { body: client.encode(inputTokens), inputTokens };
  }
  const passed = client.name === dialect
    ? client.pass(document, target, options)
    : count.passCount?.(client, document, target);
  if (passed !== undefined) {
    return {
      request: passed,
      answer: count.decodeCount,
      error: count.decodeError,
    };
  }
  const conversation = { ...client.decode(document, decoded), model };
  return {
    request: count.encodeCount(conversation, target),
    answer(body): TokenCount {
      const { inputTokens } = count.decodeCount(body);
      return { body: client.encode(inputTokens), inputTokens };
    },
    error: count.decodeError,
  };
}

/** Whether a provider counts tokens of a model itself. */
export function countsTokens(
  { provider: { dialect }, model }: {
    readonly provider: Pick<Destination["provider"], "dialect">;
    readonly model: string;
  },
): boolean {
  return dialectRow(dialect, model).count !== undefined;
}
