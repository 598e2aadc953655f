import { COMPATIBLE_PROVIDERS, NO_ECHOES } from "./_compatible_providers.ts";
import type { RequestAuthorizer } from "./authorized_transport.ts";
import {
  awsAuthorizer,
  bedrockAddress,
  entraAuthorizer,
  googleAuthorizer,
  vertexAddress,
} from "./cloud_providers.ts";
import type { Quirks } from "./dialect.ts";
import type { EndpointName } from "./endpoint.ts";
import { MockTransport } from "./mock/mock_transport.ts";
import type { DialectName } from "./provider.ts";
import type { ProviderSettings } from "./provider_factory.ts";
import type { Transport } from "./upstream.ts";

/** How a provider type wants its credential. */
export type CredentialHeader =
  | "authorization"
  | "x-api-key"
  | "api-key"
  | "x-goog-api-key";

/** One row of the table of provider types: everything that sets it apart. */
export interface ProviderType {
  /** The dialect in which it speaks. */
  readonly dialect: DialectName;
  /** Without a trailing slash. Absent: the config must give one. */
  readonly baseUrl?: string;
  /**
   * The environment variables in which the key is looked for when the config
   * names none, the usual one first. Absent: none is needed.
   */
  readonly keyEnv?: readonly [usual: string, ...others: string[]];
  /** The header of its credential. @default {"authorization"} */
  readonly credential?: CredentialHeader;
  /** How it departs from its dialect. @default {{}} */
  readonly quirks?: Quirks;
  /** What it serves besides conversations. Absent: unknown, so it is asked. */
  readonly endpoints?: readonly EndpointName[];
  /** Where it is, where that depends on the settings; `baseUrl` is then absent. */
  readonly address?: (settings: ProviderSettings) => string | undefined;
  /**
   * What proves who asks, where that is no header that stays the same; called
   * at the first request of each provider.
   *
   * @default {the settings' key, in the credential's header}
   */
  readonly authorizer?: (
    settings: ProviderSettings,
  ) => RequestAuthorizer | undefined;
  /**
   * How it is reached; called at the first request of each provider.
   *
   * @default {an HttpClient with the settings' pool}
   */
  readonly transport?: (settings: ProviderSettings) => Transport;
}

/** What Azure and OpenAI itself have in common. */
const OPENAI = {
  reasoningModels: ["o1", "o3", "o4", "gpt-5"],
  // It answers marks that it does not know with a 400 (C18).
  drop: ["top_k", ...NO_ECHOES, "cache_control"],
  textResults: true,
} as const;
/**
 * The provider types, by name. A provider that is OpenAI-compatible is a row
 * of data (wire rules J), never a file of code.
 *
 * @example Where a type is reached by default
 * ```ts
 * import { providerTypes } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(providerTypes.get("anthropic")?.baseUrl, "https://api.anthropic.com/v1");
 * ```
 */
export const providerTypes: ReadonlyMap<string, ProviderType> = new Map<
  string,
  ProviderType
>([
  ["mock", {
    dialect: "openai_chat",
    endpoints: [
      "embeddings",
      "images",
      "image_edits",
      "image_variations",
      "speech",
      "transcriptions",
      "translations",
      "moderations",
      "rerank",
      "files",
      "batches",
      "realtime",
    ],
    baseUrl: "mock://mock",
    transport: () => new MockTransport(),
  }],
  ["openai", {
    dialect: "openai_chat",
    endpoints: [
      "completions",
      "embeddings",
      "images",
      "image_edits",
      "image_variations",
      "speech",
      "transcriptions",
      "translations",
      "moderations",
      "files",
      "batches",
      "realtime",
    ],
    baseUrl: "https://api.openai.com/v1",
    keyEnv: ["OPENAI_API_KEY"],
    quirks: { ...OPENAI, responses: true },
  }],
  ["anthropic", {
    dialect: "anthropic",
    endpoints: [],
    baseUrl: "https://api.anthropic.com/v1",
    keyEnv: ["ANTHROPIC_API_KEY"],
    credential: "x-api-key",
  }],
  ["gemini", {
    dialect: "gemini",
    endpoints: ["embeddings"],
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    keyEnv: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    // D24: never in the address, which ends in logs.
    credential: "x-goog-api-key",
  }],
  ["bedrock", {
    dialect: "bedrock",
    endpoints: [],
    keyEnv: ["AWS_BEARER_TOKEN_BEDROCK"],
    address: bedrockAddress,
    authorizer: awsAuthorizer,
  }],
  ["vertex", {
    dialect: "vertex",
    endpoints: ["embeddings"],
    address: vertexAddress,
    authorizer: googleAuthorizer,
  }],
  ["cohere", {
    dialect: "cohere",
    endpoints: ["embeddings", "rerank"],
    baseUrl: "https://api.cohere.com/v2",
    keyEnv: ["COHERE_API_KEY", "CO_API_KEY"],
  }],
  ["ollama", {
    dialect: "ollama",
    endpoints: ["embeddings"],
    baseUrl: "http://127.0.0.1:11434",
  }],
  ["openai_compatible", { dialect: "openai_chat" }],
  ["azure_openai", {
    dialect: "openai_chat",
    endpoints: [
      "completions",
      "embeddings",
      "images",
      "image_edits",
      "speech",
      "transcriptions",
      "translations",
      "files",
      "batches",
      "realtime",
    ],
    keyEnv: ["AZURE_OPENAI_API_KEY"],
    credential: "api-key",
    quirks: { ...OPENAI, responses: true },
    authorizer: entraAuthorizer,
  }],
  ...COMPATIBLE_PROVIDERS,
]);
