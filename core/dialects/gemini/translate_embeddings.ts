import { addressed } from "../../_addressed.ts";
import { DIALECTS } from "../../_dialect_table.ts";
import { exactMember } from "../../_json_exact.ts";
import type { EmbeddingDialect } from "../../embedding.ts";
import { GatewayError } from "../../errors.ts";
import { editJsonDocument, type JsonDocument } from "../../json_document.ts";
import type { DialectName } from "../../provider.ts";
import type { TranslateEmbeddingsOptions } from "../../translate_embeddings.ts";
import type { Translation } from "../../translation.ts";
import { asList, isObject } from "../_json.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { openAiEmbeddings } from "../openai_chat/embeddings.ts";
import { decodeEmbedQuery } from "./_decode_embeddings.ts";
import { modelPath, modelResource } from "./_model_path.ts";
import { geminiEmbeddings } from "./embeddings.ts";

/** A {@linkcode TranslateEmbeddingsOptions} for Gemini clients. */
export interface TranslateGeminiEmbeddingsOptions
  extends TranslateEmbeddingsOptions {
  /** The request is one of `batchEmbedContents`, else of `embedContent`. */
  readonly isBatch: boolean;
}

const decoder = new TextDecoder();

/**
 * Prepares a Gemini client's request for embeddings for a deployment. To a
 * provider of the same dialect bytes pass with the smallest edit.
 *
 * @throws {GatewayError} 400 naming the field at fault, or when the provider has no embeddings.
 * @throws {TypeError} where the provider's dialect was not loaded, as
 * `loadDialects` of `@llm-proxy/core/lazy` does.
 *
 * @example To a provider of OpenAI's dialect
 * ```ts
 * import { LossReport, parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
 * import { translateGeminiEmbeddings } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const body = `{"content":{"parts":[{"text":"hi"}]}}`;
 * const { request } = translateGeminiEmbeddings(
 *   parseJsonDocument(new TextEncoder().encode(body)),
 *   { deployment: { provider, model: "embed" }, losses: new LossReport(), isBatch: false },
 * );
 * assertEquals(request.body, `{"model":"embed","input":["hi"]}`);
 * factory.close();
 * ```
 */
export function translateGeminiEmbeddings(
  document: JsonDocument,
  options: TranslateGeminiEmbeddingsOptions,
): Omit<Translation, "stream"> {
  const { deployment: { provider, model }, losses, isBatch } = options;
  const { dialect, name, quirks } = provider;
  const query = decodeEmbedQuery(document, { isBatch });
  if (dialect === "gemini") return passEmbeddings(document, options);
  const embeddings = embeddingsOf(dialect);
  if (embeddings === undefined) {
    throw new GatewayError(
      "invalid_request",
      `Provider '${name}' has no embeddings`,
      { code: "unsupported_endpoint", param: "model" },
    );
  }
  for (const field of query.unmapped) losses.add("dropped", field, name);
  const request = embeddings.encodeEmbeddings({ ...query, model });
  return {
    request: addressed(request, { model, quirks }),
    answer(body) {
      const { vectors, usage } = embeddings.decodeEmbeddings(body);
      if (vectors.length !== query.inputs.length) {
        throw invalidAnswer("has not one embedding for each input");
      }
      const told = vectors.map((values) => ({ values }));
      return {
        body: JSON.stringify({
          ...isBatch ? { embeddings: told } : { embedding: told[0] },
          ...(usage && { usageMetadata: { promptTokenCount: usage.input } }),
        }),
        ...(usage && { usage }),
        finish: "stop",
        model,
      };
    },
    error: embeddings.decodeError,
  };
}

function embeddingsOf(
  dialect: DialectName,
): EmbeddingDialect | undefined {
  return dialect === "openai_chat"
    ? openAiEmbeddings
    : DIALECTS.get(dialect).embeddings;
}

function passEmbeddings(
  document: JsonDocument,
  { deployment: { model }, isBatch }: TranslateGeminiEmbeddingsOptions,
): Omit<Translation, "stream"> {
  const resource = modelResource(model);
  const edits = new Map<string, string>();
  if (isBatch) {
    const requests = asList(exactMember(document, "requests"));
    const isSame = requests.every((one) =>
      isObject(one) && one.model === resource
    );
    if (!isSame) {
      edits.set(
        "requests",
        JSON.stringify(requests.map((one) => ({
          ...isObject(one) ? one : {},
          model: resource,
        }))),
      );
    }
  } else if (
    document.spans.has("model") && document.value.model !== resource
  ) edits.set("model", JSON.stringify(resource));
  return {
    request: {
      path: modelPath(model) +
        (isBatch ? ":batchEmbedContents" : ":embedContent"),
      headers: {},
      body: editJsonDocument(document, edits),
    },
    answer(body) {
      const { usage } = geminiEmbeddings.decodeEmbeddings(body);
      return {
        body: decoder.decode(body),
        ...(usage && { usage }),
        finish: "stop",
        model,
      };
    },
    error: geminiEmbeddings.decodeError,
  };
}
