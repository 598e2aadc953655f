import type {
  AwsConfig,
  EntraConfig,
  GoogleConfig,
} from "./config_types_cloud.ts";
import type { ProviderRateLimit } from "./config_types_limits.ts";
import type {
  ConcurrencyConfig,
  ModelConfig,
  WireApiName,
} from "./config_types_model.ts";

/**
 * The name of a provider type.
 *
 * @example A type
 * ```ts
 * import type { ProviderTypeName } from "@llm-proxy/api";
 *
 * const type: ProviderTypeName = "anthropic";
 * ```
 */
export type ProviderTypeName =
  | "openai"
  | "anthropic"
  | "gemini"
  | "bedrock"
  | "vertex"
  | "mock"
  | "azure_openai"
  | "cohere"
  | "perplexity"
  | "grok"
  | "xai"
  | "blackbox"
  | "openrouter"
  | "vercel"
  | "groq"
  | "deepseek"
  | "mistral"
  | "together"
  | "fireworks"
  | "cerebras"
  | "huggingface"
  | "nvidia"
  | "zai"
  | "moonshot"
  | "ollama"
  | "vllm"
  | "llamacpp"
  | "lmstudio"
  | "openai_compatible";

/**
 * One provider: where it is, how it is paid, how long it may take. What the
 * file leaves out is filled in from `http_client`.
 *
 * @example A provider with its key in the environment
 * ```ts
 * import { parseConfig, type ProviderConfig } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const result = parseConfig("providers: [{type: groq, api_key_env: GROQ_API_KEY}]", {
 *   file: "config.yaml",
 *   env: (name) => name === "GROQ_API_KEY" ? "gsk_7yTq2LmZ" : undefined,
 * });
 * assert(result.ok);
 * const provider: ProviderConfig | undefined = result.config.providers[0];
 * assertEquals(provider?.name, "groq");
 * assertEquals(provider?.timeout, 600);
 * ```
 */
export interface ProviderConfig {
  /** The first half of a `provider/model` address. @default {the type} */
  readonly name: string;
  /** Decides dialect, address and how the key is sent. */
  readonly type: ProviderTypeName;
  /** The variable that held the key, where one was named. */
  readonly api_key_env?: string | undefined;
  /** The first of `api_keys`. */
  readonly api_key?: string | undefined;
  /** Every key, from the file or from `api_key_env`; requests are spread over them. @default {[]} */
  readonly api_keys: readonly string[];
  /** Without a trailing slash. @default {the address of the type} */
  readonly base_url?: string | undefined;
  /** The models to offer. @default {the provider is asked} */
  readonly models?: readonly ModelConfig[] | undefined;
  /** Whether it takes part at all. @default {true} */
  readonly enabled: boolean;
  /** Whether every bare model name goes here; at most one may. @default {false} */
  readonly forced: boolean;
  /** The lowest is tried first. @default {100} */
  readonly priority: number;
  /** Seconds for a whole attempt. @default {http_client.total_timeout} */
  readonly timeout: number;
  /** Further attempts at the same deployment, after a failure that may pass. @default {2} */
  readonly max_retries: number;
  /** Seconds that the first of them waits at most; the bound doubles from there. @default {0.5} */
  readonly retry_delay: number;
  /** Open connections. @default {http_client.max_connections} */
  readonly max_connections: number;
  /** Idle connections kept. @default {http_client.max_keepalive_connections} */
  readonly max_keepalive_connections: number;
  /** Seconds an idle connection is kept. @default {http_client.keepalive_expiry} */
  readonly keepalive_expiry: number;
  /** Headers added to every request. @default {{}} */
  readonly custom_headers: Readonly<Record<string, string>>;
  /** The limit of your account there. */
  readonly rate_limit?: ProviderRateLimit | undefined;
  /** What an answer costs: by prices, or as the provider reports where it does. @default {"reported" for openrouter, else "prices"} */
  readonly cost?: "prices" | "reported" | undefined;
  /** How many requests each of its models takes at a time. @default {no limit} */
  readonly concurrency?: ConcurrencyConfig | undefined;
  /** The proxy on the way to it, `http://user:password@host:port`. @default {what `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say of its address} */
  readonly proxy?: string | undefined;
  /** Whether its address may lead to private networks and this machine. @default {an IP address leads where it says, `localhost` to this machine, another name to private networks at most} */
  readonly allow_private_addresses?: boolean | undefined;
  /** The authorities to trust in place of the usual ones, a PEM file. */
  readonly ca_file?: string | undefined;
  /** The certificate that is shown to it, a PEM file. */
  readonly client_cert_file?: string | undefined;
  /** The key of that certificate, a PEM file. */
  readonly client_key_file?: string | undefined;
  /** What those files hold. */
  readonly tls: TlsMaterial;
  /** Azure's dated API, for example `2024-10-21`. */
  readonly api_version?: string | undefined;
  /** Of type `bedrock`: where it is, and what requests are signed with. */
  readonly aws?: AwsConfig;
  /** Of type `vertex`: where it is, and who asks there. */
  readonly google?: GoogleConfig;
  /** Of type `azure_openai`: who asks there, instead of a key. */
  readonly entra?: EntraConfig;
  /** Whether breakpoints of the prompt cache are set in requests that have none. @default {false} */
  readonly cache_points?: boolean | undefined;
  /** By which of OpenAI's APIs its models are asked. @default {"auto" for openai and azure_openai, else "chat"} */
  readonly wire_api?: WireApiName | undefined;
  /** How answers begin with thought that is taken out of them: with a tag `<think>`, or behind one that the model's template has written. @default {they are left as they are} */
  readonly think_tags?: "tagged" | "open" | undefined;
  /** Whether system messages are taken; where not, they are the user's. @default {true} */
  readonly system_messages?: boolean | undefined;
  /** What ends a stream: `[DONE]`, or a finish reason. @default {as the type does} */
  readonly stream_end?: "done" | "finish" | undefined;
}

/**
 * What the certificate files of a provider hold, as PEM. It holds a secret.
 *
 * @example Without files
 * ```ts
 * import { defaultConfig, type TlsMaterial } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const tls: TlsMaterial | undefined = defaultConfig().providers[0]?.tls;
 * assertEquals(tls, {});
 * ```
 */
export interface TlsMaterial {
  /** What `ca_file` holds. */
  readonly ca?: string;
  /** What `client_cert_file` holds. */
  readonly cert?: string;
  /** What `client_key_file` holds. */
  readonly key?: string;
}

/**
 * Timeouts and connections towards every provider. Durations are seconds.
 *
 * @example Without a config
 * ```ts
 * import { defaultConfig, type HttpClientConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const client: HttpClientConfig = defaultConfig().http_client;
 * assertEquals(client.connect_timeout, 5);
 * ```
 */
export interface HttpClientConfig {
  /** Until one of `max_connections` is free. @default {5} */
  readonly queue_timeout: number;
  /** From then until the connection stands, TLS included. @default {5} */
  readonly connect_timeout: number;
  /** From then until the response headers. @default {60} */
  readonly header_timeout: number;
  /** From the headers until the first content. @default {120} */
  readonly first_token_timeout: number;
  /** Of silence after content; where pings break it, `first_token_timeout` counts. @default {60} */
  readonly idle_timeout: number;
  /** The attempt as a whole. @default {600} */
  readonly total_timeout: number;
  /** Largest answer, MiB. @default {64} */
  readonly max_response_mb: number;
  /** Open connections to one origin. @default {256} */
  readonly max_connections: number;
  /** Idle connections kept to one origin. @default {64} */
  readonly max_keepalive_connections: number;
  /** How long an idle connection is kept. @default {30} */
  readonly keepalive_expiry: number;
}
