import type { EncodedRequest, PassedRequest } from "./dialect.ts";
import type { Provider } from "./provider.ts";
import type { UpstreamRequest } from "./upstream.ts";

/**
 * What goes to a provider's transport for a request in its dialect: what every
 * attempt sends, credentials included.
 *
 * @example To the mock provider
 * ```ts
 * import { ProviderFactory, upstreamRequest } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock" });
 * const request = { path: "/chat/completions", headers: {}, body: "{}" };
 * assertEquals(upstreamRequest(provider, request).url, "mock://mock/chat/completions");
 * factory.close();
 * ```
 */
export function upstreamRequest(
  { baseUrl, headers }: Pick<Provider, "baseUrl" | "headers">,
  request: EncodedRequest,
): UpstreamRequest & { readonly body: string } {
  return {
    method: "POST",
    url: baseUrl + request.path,
    headers: {
      "content-type": "application/json",
      "accept-encoding": "identity",
      ...request.headers,
      ...headers,
    },
    body: request.body,
  };
}

/**
 * What goes to a provider's transport for a request that passes as it is. The
 * provider's own headers win over the caller's, credentials above all.
 */
export function passedUpstreamRequest(
  { baseUrl, headers }: Pick<Provider, "baseUrl" | "headers">,
  { method, path, headers: own, body }: PassedRequest,
): UpstreamRequest {
  return {
    method,
    url: baseUrl + path,
    headers: { "accept-encoding": "identity", ...own, ...headers },
    ...(body !== undefined && { body }),
  };
}
