import type { EncodedRequest, PassedRequest } from "./dialect.ts";
import type { Provider } from "./provider.ts";
import type { UpstreamRequest } from "./upstream.ts";

type Headers = UpstreamRequest["headers"];

const COMMON: Headers = {
  "content-type": "application/json",
  "accept-encoding": "identity",
};

/** What goes with requests that have no headers of their own, by the provider's headers. */
const PLAIN = new WeakMap<Headers, Headers>();

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
  const url = baseUrl + request.path;
  const all = isEmpty(request.headers)
    ? plainHeaders(headers)
    : { ...COMMON, ...request.headers, ...headers };
  return { method: "POST", url, headers: all, body: request.body };
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

/** Put together once for headers that stay as they are. */
function plainHeaders(own: Headers): Headers {
  const known = PLAIN.get(own);
  if (known !== undefined) return known;
  const headers = Object.freeze({ ...COMMON, ...own });
  if (Object.isFrozen(own)) PLAIN.set(own, headers);
  return headers;
}

function isEmpty(headers: Headers): boolean {
  for (const name in headers) if (Object.hasOwn(headers, name)) return false;
  return true;
}
