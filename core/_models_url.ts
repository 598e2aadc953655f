import type { Provider } from "./provider.ts";

/** Where a provider lists its models. */
export function modelsUrl(
  { baseUrl, quirks, dialect }: Pick<
    Provider,
    "baseUrl" | "quirks" | "dialect"
  >,
  query: Readonly<Record<string, string>>,
): string {
  const { apiVersion } = quirks;
  const all = new URLSearchParams({
    ...(apiVersion !== undefined && { "api-version": apiVersion }),
    ...query,
  });
  return `${placeOf(baseUrl, dialect)}${all.size > 0 ? `?${all}` : ""}`;
}

function placeOf(baseUrl: string, dialect: Provider["dialect"]): string {
  switch (dialect) {
    case "ollama":
      return `${baseUrl}/api/tags`;
    case "cohere":
      // The list has stayed in the first version.
      return `${baseUrl.replace(/\/v2$/, "/v1")}/models`;
  }
  return `${baseUrl}/models`;
}
