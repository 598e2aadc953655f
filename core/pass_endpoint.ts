import { upstreamPath } from "./_upstream_path.ts";
import type { PassedRequest } from "./dialect.ts";
import { decodeCohereError } from "./dialects/cohere/errors.ts";
import { encodeRerank } from "./dialects/cohere/rerank.ts";
import { decodeChatError } from "./dialects/openai_chat/decode_error.ts";
import { describeEndpoint, type EndpointName } from "./endpoint.ts";
import { GatewayError, type UpstreamError } from "./errors.ts";
import { editJsonDocument, type JsonDocument } from "./json_document.ts";
import type { Destination } from "./routing/route.ts";
import type { RequestSource } from "./upstream.ts";

/** Where the endpoints that take a model are at an OpenAI-compatible provider. */
const PATHS: ReadonlyMap<EndpointName, string> = new Map([
  ["images", "/images/generations"],
  ["image_edits", "/images/edits"],
  ["image_variations", "/images/variations"],
  ["speech", "/audio/speech"],
  ["transcriptions", "/audio/transcriptions"],
  ["translations", "/audio/translations"],
  ["moderations", "/moderations"],
  ["rerank", "/rerank"],
]);

/** What a passed request needs besides its body. */
export interface PassEndpointOptions {
  /** What is asked of the provider. */
  readonly endpoint: EndpointName;
  /** Where the request goes. */
  readonly deployment: Destination;
  /** The body's type, for bodies that are no JSON. */
  readonly contentType?: string;
}

/** A request that passes to a provider as it is, with the way back of its errors. */
export interface PassedEndpoint {
  /** What goes to the provider. */
  readonly request: PassedRequest;
  /** What an answer with an error status means. */
  error(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): UpstreamError;
}

/**
 * Prepares a request of OpenAI's API that is no conversation for a deployment:
 * images, sound, moderation, reranking. The body passes with the smallest edit,
 * the model's name; a form comes with that edit made, as its source.
 *
 * @throws {GatewayError} 400 `unsupported_endpoint` when the provider speaks no
 * dialect that has it.
 *
 * @example A picture
 * ```ts
 * import { parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
 * import { passEndpoint } from "@llm-proxy/core/passing";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "openai", type: "openai" });
 * const ask = new TextEncoder().encode('{"model":"a/b","prompt":"a cat"}');
 * const { request } = passEndpoint(parseJsonDocument(ask), {
 *   endpoint: "images",
 *   deployment: { provider, model: "gpt-image-1" },
 * });
 * assertEquals(request.path, "/images/generations");
 * assertEquals(request.body, '{"model":"gpt-image-1","prompt":"a cat"}');
 * factory.close();
 * ```
 */
export function passEndpoint(
  body: JsonDocument | RequestSource,
  options: PassEndpointOptions,
): PassedEndpoint {
  const { endpoint, deployment: { provider, model }, contentType } = options;
  const path = PATHS.get(endpoint);
  if (
    provider.dialect === "cohere" && endpoint === "rerank" && !("pump" in body)
  ) {
    return {
      request: {
        method: "POST",
        path: "/rerank",
        headers: { "content-type": "application/json" },
        body: encodeRerank(body, model),
      },
      error: decodeCohereError,
    };
  }
  if (path === undefined || provider.dialect !== "openai_chat") {
    throw new GatewayError(
      "invalid_request",
      `Provider '${provider.name}' has no ${describeEndpoint(endpoint)}`,
      { code: "unsupported_endpoint", param: "model" },
    );
  }
  const { quirks } = provider;
  return {
    request: {
      method: "POST",
      path: upstreamPath(path, { model, quirks }),
      headers: { "content-type": contentType ?? "application/json" },
      body: "pump" in body ? body : withModel(body, model),
    },
    error: decodeChatError,
  };
}

function withModel(document: JsonDocument, model: string): string {
  if (document.value.model === model) return document.text;
  return editJsonDocument(
    document,
    new Map([["model", JSON.stringify(model)]]),
  );
}

/**
 * Prepares a request for something that is stored at a provider, a file or a
 * batch: it passes as it is.
 *
 * @example A list of files
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { storedRequest } from "@llm-proxy/core/passing";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "openai", type: "openai" });
 * const list = { method: "GET", path: "/files", headers: {} };
 * assertEquals(storedRequest(list, { provider }).request.path, "/files");
 * factory.close();
 * ```
 */
export function storedRequest(
  request: PassedRequest,
  { provider: { quirks } }: Pick<Destination, "provider">,
): PassedEndpoint {
  const path = upstreamPath(request.path, { quirks });
  return { request: { ...request, path }, error: decodeChatError };
}
