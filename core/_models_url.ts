import type { Provider } from "./provider.ts";

/** Where a provider lists its models. */
export function modelsUrl(
  { baseUrl, quirks }: Pick<Provider, "baseUrl" | "quirks">,
  query: Readonly<Record<string, string>>,
): string {
  const { apiVersion } = quirks;
  const all = new URLSearchParams({
    ...(apiVersion !== undefined && { "api-version": apiVersion }),
    ...query,
  });
  return `${baseUrl}/models${all.size > 0 ? `?${all}` : ""}`;
}
