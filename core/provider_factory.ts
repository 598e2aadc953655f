import { isDeepStrictEqual } from "node:util";
import { LazyTransport } from "./_lazy_transport.ts";
import { AuthorizedTransport } from "./authorized_transport.ts";
import { type AttemptLimits, defaultLimits } from "./attempt_clock.ts";
import type {
  AwsCredentials,
  EntraCredentials,
  GoogleCredentials,
} from "./cloud_credentials.ts";
import type { Quirks } from "./dialect.ts";
import { HttpClient } from "./http_client.ts";
import type { HttpClientOptions } from "./http_client_options.ts";
import type { Provider } from "./provider.ts";
import { type ProviderType, providerTypes } from "./provider_types.ts";
import type { Transport } from "./upstream.ts";

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
  /** Of a provider at Amazon. */
  readonly aws?: AwsCredentials;
  /** Of a provider at Google Cloud. */
  readonly google?: GoogleCredentials;
  /** Of a provider at Azure that is asked without a key. */
  readonly entra?: EntraCredentials;
  /** The models it serves. Absent: the provider is asked. */
  readonly models?: readonly string[];
  /** Sent with every request; any case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How this provider departs from its type. */
  readonly quirks?: Quirks;
  /** How single models depart from that, by their names. */
  readonly modelQuirks?: ReadonlyMap<string, Quirks>;
  /** Limits that differ from {@linkcode defaultLimits}. */
  readonly limits?: Partial<AttemptLimits>;
  /** Sizes of the connection pool. */
  readonly pool?: HttpClientOptions;
}

/** What the version of the Messages API is called on the wire. */
const ANTHROPIC_VERSION = "2023-06-01";

/** A provider that is in use, and what it was made from. */
interface Entry {
  readonly settings: ProviderSettings;
  readonly type: ProviderType;
  readonly provider: Provider;
  readonly transport: LazyTransport;
}

/**
 * Makes providers from settings, by type, and looks after what they hold open.
 *
 * A provider makes its transport, and with it its connections, at its first
 * request. One that is removed or replaced cuts nothing: requests under way go
 * on, a request that knows it already may still try it, and whenever none is
 * left nothing of it stays open.
 *
 * @example A type of one's own
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
 *
 * @example A configuration that is read again
 * ```ts
 * import { ProviderFactory, type ProviderSettings } from "@llm-proxy/core";
 * import { assert } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const openai = (apiKey: string): ProviderSettings => ({
 *   name: "openai",
 *   type: "openai",
 *   apiKey,
 * });
 * const mock = { name: "mock", type: "mock" };
 * const before = factory.update([openai("sk-old-secret"), mock]);
 * const after = factory.update([openai("sk-new-secret"), mock]);
 * assert(before[0] !== after[0]); // a new key: a new provider
 * assert(before[1] === after[1]); // the same, with its connections
 * factory.close();
 * ```
 */
export class ProviderFactory {
  readonly #types = new Map<string, ProviderType>(providerTypes);
  #entries = new Map<Provider, Entry>();
  /** Of providers that were given up: those with requests under way, and others until the next change. */
  readonly #retired = new Set<LazyTransport>();

  /**
   * Adds a provider type, or replaces one. Providers that exist stay as they
   * are until they are replaced or updated.
   */
  register(name: string, type: ProviderType): void {
    this.#types.set(name, type);
  }

  /**
   * Makes a provider. Nothing of it is opened before its first request, and a
   * fault of its `pool` is thrown by that. Several may have one name.
   *
   * @throws {TypeError} when the type is unknown, or has no address and none is given.
   */
  create(settings: ProviderSettings): Provider {
    const entry = this.#make(settings);
    this.#entries.set(entry.provider, entry);
    return entry.provider;
  }

  /**
   * Puts a provider in the place of another, unless the settings say the same:
   * then the other stays, with all that it has open.
   *
   * @returns The provider from now on.
   * @throws {TypeError} as {@linkcode ProviderFactory.create} does; nothing has changed then.
   */
  replace(provider: Provider, settings: ProviderSettings): Provider {
    const entry = this.#entries.get(provider);
    if (entry !== undefined && this.#isMadeFrom(entry, settings)) {
      return provider;
    }
    const replacement = this.create(settings);
    this.remove(provider);
    return replacement;
  }

  /** Gives a provider up, as described above; one that is not of this factory is left alone. */
  remove(provider: Provider): void {
    const entry = this.#entries.get(provider);
    this.#entries.delete(provider);
    if (entry !== undefined) this.#retire([entry]);
  }

  /**
   * Makes these the only providers: those that were made from the same settings
   * stay, others are made, and what is left over is given up. All or nothing.
   *
   * @returns A provider for each of the settings, in their order.
   * @throws {TypeError} as {@linkcode ProviderFactory.create} does; nothing has changed then.
   */
  update(settings: readonly ProviderSettings[]): Provider[] {
    const left = new Set(this.#entries.values());
    const entries = settings.map((each) => {
      const kept = left.values().find((it) => this.#isMadeFrom(it, each));
      if (kept === undefined) return this.#make(each);
      left.delete(kept);
      return kept;
    });
    this.#retire(left);
    this.#entries = new Map(entries.map((entry) => [entry.provider, entry]));
    return entries.map(({ provider }) => provider);
  }

  /** Closes every connection, those in use and those of removed providers included, for good. */
  close(): void {
    for (const { transport } of this.#entries.values()) transport.close();
    for (const transport of this.#retired) transport.close();
    this.#entries.clear();
    this.#retired.clear();
  }

  #retire(entries: Iterable<Entry>): void {
    for (const transport of this.#retired) {
      if (transport.connections === 0) this.#retired.delete(transport);
    }
    for (const { transport } of entries) {
      transport.retire();
      this.#retired.add(transport);
    }
  }

  #isMadeFrom(entry: Entry, settings: ProviderSettings): boolean {
    return entry.settings.name === settings.name &&
      entry.type === this.#types.get(settings.type) &&
      isDeepStrictEqual(entry.settings, settings);
  }

  #make(settings: ProviderSettings): Entry {
    const type = this.#types.get(settings.type);
    if (type === undefined) {
      throw new TypeError(
        `Cannot make provider '${settings.name}': its type '${settings.type}' is unknown`,
      );
    }
    const baseUrl = settings.baseUrl ?? type.address?.(settings) ??
      type.baseUrl;
    if (baseUrl === undefined) {
      throw new TypeError(
        `Cannot make provider '${settings.name}': type '${settings.type}' has no address of its own, give a 'baseUrl'`,
      );
    }
    const transport = new LazyTransport(() => transportOf(type, settings));
    const quirks = { ...type.quirks, ...settings.quirks };
    const ofModels = [...settings.modelQuirks ?? []];
    const provider: Provider = {
      name: settings.name,
      type: settings.type,
      dialect: type.dialect,
      baseUrl: plainBaseUrl(baseUrl, type.dialect),
      headers: headersOf(type, settings),
      quirks,
      ...(ofModels.length > 0 && {
        modelQuirks: new Map(
          ofModels.map(([model, own]) => [model, { ...quirks, ...own }]),
        ),
      }),
      ...(type.endpoints && { endpoints: new Set(type.endpoints) }),
      limits: { ...defaultLimits, ...settings.limits },
      transport,
      models: settings.models,
    };
    return { settings, type, provider, transport };
  }
}

function transportOf(
  type: ProviderType,
  settings: ProviderSettings,
): Transport {
  const transport = type.transport?.(settings) ??
    new HttpClient(settings.pool);
  const authorizer = type.authorizer?.(settings);
  return authorizer === undefined
    ? transport
    : new AuthorizedTransport(transport, authorizer);
}

/** Credential, version and custom headers, lower case; custom ones win. */
function headersOf(
  type: ProviderType,
  { apiKey, headers = {} }: ProviderSettings,
): Readonly<Record<string, string>> {
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
  // What stays as it is is laid out once, and not for each request.
  return Object.freeze(result);
}

/** Without a slash at its end; Ollama's own API is beside its compatible one, not under it. */
function plainBaseUrl(
  baseUrl: string,
  dialect: ProviderType["dialect"],
): string {
  const plain = baseUrl.replace(/\/$/, "");
  return dialect === "ollama" ? plain.replace(/\/v1$/, "") : plain;
}
