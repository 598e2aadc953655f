import { proxyFor } from "@llm-proxy/core";

/** The proxy that the environment names on the way to an address, as a client's option. */
export function environmentProxy(url: string): { readonly proxy?: string } {
  try {
    const proxy = proxyFor(url, (name) => Deno.env.get(name));
    return proxy === undefined ? {} : { proxy };
  } catch {
    // It is none of this program's business.
    return {};
  }
}
