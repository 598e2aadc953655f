import { addressed } from "./_addressed.ts";
import { dialectRow } from "./_dialect_table.ts";
import { decodeChatError } from "./dialects/openai_chat/decode_error.ts";
import {
  passEmbeddingsAnswer,
  passEmbeddingsRequest,
} from "./dialects/openai_chat/embeddings.ts";
import { GatewayError } from "./errors.ts";
import type { JsonDocument } from "./json_document.ts";
import { recodeEmbeddings } from "./recoded_embeddings.ts";
import type { TranslateOptions, Translation } from "./translation.ts";
/** What a translation of embeddings needs besides the request. */
export type TranslateEmbeddingsOptions = Pick<
  TranslateOptions,
  "deployment" | "losses"
>;

/**
 * Prepares an embeddings request in OpenAI's dialect for a deployment.
 *
 * @throws {GatewayError} 400 when the provider has none or a field is wrong.
 *
 * @example To a provider of the same dialect
 * ```ts
 * import { LossReport, parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
 * import { translateEmbeddings } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const body = `{"model":"mock/embed","input":"hi"}`;
 * const { request } = translateEmbeddings(
 *   parseJsonDocument(new TextEncoder().encode(body)),
 *   { deployment: { provider, model: "embed" }, losses: new LossReport() },
 * );
 * assertEquals(request.body, `{"model":"embed","input":"hi"}`);
 * factory.close();
 * ```
 */
export function translateEmbeddings(
  document: JsonDocument,
  { deployment: { provider, model }, losses }: TranslateEmbeddingsOptions,
): Omit<Translation, "stream"> {
  const { embeddings: dialect } = dialectRow(provider.dialect, model);
  if (dialect !== undefined) {
    const target = { provider: provider.name, model, losses };
    return recodeEmbeddings(document, { dialect, target });
  }
  if (provider.dialect !== "openai_chat") {
    throw new GatewayError(
      "invalid_request",
      `Provider '${provider.name}' has no embeddings`,
      { code: "unsupported_endpoint", param: "model" },
    );
  }
  const request = {
    path: "/embeddings",
    headers: {},
    body: passEmbeddingsRequest(document, model),
  };
  return {
    request: addressed(request, { model, quirks: provider.quirks }),
    answer: passEmbeddingsAnswer,
    error: decodeChatError,
  };
}
