/** What a provider may serve besides conversations, in OpenAI's words for it. */
export type EndpointName =
  | "completions"
  | "embeddings"
  | "images"
  | "image_edits"
  | "image_variations"
  | "speech"
  | "transcriptions"
  | "translations"
  | "moderations"
  | "rerank"
  | "files"
  | "batches"
  | "realtime";

/** What an endpoint does, for messages to callers. */
const WORDS: Readonly<Record<EndpointName, string>> = {
  completions: "completions of plain text",
  embeddings: "embeddings",
  images: "generation of images",
  image_edits: "editing of images",
  image_variations: "variations of images",
  speech: "speech",
  transcriptions: "transcription",
  translations: "translation of speech",
  moderations: "moderation",
  rerank: "reranking",
  files: "files",
  batches: "batches",
  realtime: "realtime sessions",
};

/**
 * Says what an endpoint does.
 *
 * @example In a message
 * ```ts
 * import { describeEndpoint } from "@llm-proxy/core/passing";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(describeEndpoint("speech"), "speech");
 * ```
 */
export function describeEndpoint(endpoint: EndpointName): string {
  return WORDS[endpoint];
}

/**
 * Whether a provider serves an endpoint. One of which nothing is known may.
 *
 * @example A provider without images
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { servesEndpoint } from "@llm-proxy/core/passing";
 * import { assert } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const claude = factory.create({ name: "claude", type: "anthropic" });
 * assert(!servesEndpoint(claude, "images"));
 * factory.close();
 * ```
 */
export function servesEndpoint(
  { endpoints }: { readonly endpoints?: ReadonlySet<EndpointName> },
  endpoint: EndpointName,
): boolean {
  return endpoints?.has(endpoint) ?? true;
}
