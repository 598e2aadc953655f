import { type AttemptLimits, defaultLimits } from "./attempt_clock.ts";
import type { Quirks } from "./dialect.ts";
import { HttpClient, type HttpClientOptions } from "./http_client.ts";
import { MockTransport } from "./mock/mock_transport.ts";
import type { Provider } from "./provider.ts";
import { type ProviderType, providerTypes } from "./provider_types.ts";

/** What a provider needs besides its type. */
export interface ProviderSettings {
  /** The first half of a `provider/model` address. */
  readonly name: string;
  /** A registered provider type. */
  readonly type: string;
  /** The credential; sent to this provider's origin only. */
  readonly apiKey?: string;
  /** Where it is reached. @default {the address of the type} */
  readonly baseUrl?: string;
  /** The models it serves. Absent: the provider is asked. */
  readonly models?: readonly string[];
  /** Sent with every request; any case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How this provider departs from its type. */
  readonly quirks?: Quirks;
  /** Limits that differ from {@linkcode defaultLimits}. */
  readonly limits?: Partial<AttemptLimits>;
  /** Sizes of the connection pool. */
  readonly pool?: HttpClientOptions;
}

/** What the version of the Messages API is called on the wire. */
const ANTHROPIC_VERSION = "2023-06-01";

/**
 * Makes providers from settings, by type.
 *
 * @example A provider of one's own
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * factory.register("acme", {
 *   dialect: "openai_chat",
 *   baseUrl: "https://llm.acme.example/v1",
 * });
 * const provider = factory.create({
 *   name: "acme",
 *   type: "acme",
 *   apiKey: "a-secret-of-acme",
 * });
 * assertEquals(provider.baseUrl, "https://llm.acme.example/v1");
 * factory.close();
 * ```
 */
export class ProviderFactory {
  readonly #types = new Map<string, ProviderType>(providerTypes);
  readonly #providers: Provider[] = [];

  /** Adds a provider type, or replaces one. */
  register(name: string, type: ProviderType): void {
    this.#types.set(name, type);
  }

  /**
   * Makes a provider. It opens no connection before its first request.
   *
   * @throws {TypeError} when the type is unknown, or has no address and none is given.
   */
  create(settings: ProviderSettings): Provider {
    const type = this.#types.get(settings.type);
    if (type === undefined) {
      throw new TypeError(
        `Cannot make provider '${settings.name}': its type '${settings.type}' is unknown`,
      );
    }
    const baseUrl = settings.baseUrl ?? type.baseUrl;
    if (baseUrl === undefined) {
      throw new TypeError(
        `Cannot make provider '${settings.name}': type '${settings.type}' has no address of its own, give a 'baseUrl'`,
      );
    }
    const provider: Provider = {
      name: settings.name,
      type: settings.type,
      dialect: type.dialect,
      baseUrl: baseUrl.replace(/\/$/, ""),
      headers: headersOf(type, settings),
      quirks: { ...type.quirks, ...settings.quirks },
      limits: { ...defaultLimits, ...settings.limits },
      transport: baseUrl.startsWith("mock:")
        ? new MockTransport()
        : new HttpClient(settings.pool),
      models: settings.models,
    };
    this.#providers.push(provider);
    return provider;
  }

  /** Closes every provider's connections, those in use included. */
  close(): void {
    for (const { transport } of this.#providers.splice(0)) transport.close();
  }
}

/** Credential, version and custom headers, lower case; custom ones win. */
function headersOf(
  type: ProviderType,
  { apiKey, headers = {} }: ProviderSettings,
): Record<string, string> {
  const result: Record<string, string> = {};
  if (type.dialect === "anthropic") {
    result["anthropic-version"] = ANTHROPIC_VERSION;
  }
  if (apiKey !== undefined) {
    const name = type.credential ?? "authorization";
    result[name] = name === "authorization" ? `Bearer ${apiKey}` : apiKey;
  }
  for (const [name, value] of Object.entries(headers)) {
    result[name.toLowerCase()] = value;
  }
  return result;
}
