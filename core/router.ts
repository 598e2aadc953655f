import { GatewayError } from "./errors.ts";
import type { Provider } from "./provider.ts";

/** Where a request goes: a provider and the model as that provider names it. */
export interface Deployment {
  /** The provider. */
  readonly provider: Provider;
  /** The model as the provider names it. */
  readonly model: string;
}

/** One provider and its place among the others. */
export interface RouterEntry {
  /** The provider. */
  readonly provider: Provider;
  /** The lower comes first among providers that list the same model. */
  readonly priority: number;
  /** Takes every bare model name, whatever others list. */
  readonly forced: boolean;
}

/** Where a router looks besides the configured lists. */
export interface RouterOptions {
  /** The names of the providers that are known to list a model; memory only. */
  readonly find?: (model: string) => readonly string[];
  /** Why a provider that is not among the entries is off, if it is known at all. */
  readonly off?: (provider: string) => string | undefined;
}

/**
 * Finds the deployment behind a model name.
 *
 * A name `provider/model` goes to that provider. A bare name goes to the
 * forced provider; else to the first, by priority, that lists the model in its
 * config; else to the first that is known to list it; else, where just one
 * real provider has no list in its config, to that one, which then judges
 * itself: a catalogue never decides access. A name with a slash that leads
 * nowhere is never given to another provider: it may be a slip, and what it
 * carries is meant for somebody else.
 *
 * @example By address and by bare name
 * ```ts
 * import { ProviderFactory, Router } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "mock", type: "mock", models: ["echo"] });
 * const router = new Router([{ provider, priority: 100, forced: false }]);
 * assertEquals(router.resolve("mock/echo").model, "echo");
 * assertEquals(router.resolve("echo").provider.name, "mock");
 * factory.close();
 * ```
 */
export class Router {
  readonly #byName = new Map<string, Provider>();
  readonly #byModel = new Map<string, Provider>();
  readonly #ordered: readonly RouterEntry[];
  readonly #forced: Provider | undefined;
  readonly #open: Provider | undefined;
  readonly #find: (model: string) => readonly string[];
  readonly #off: (provider: string) => string | undefined;

  /** Orders the providers; see {@linkcode RouterOptions}. */
  constructor(entries: readonly RouterEntry[], options: RouterOptions = {}) {
    this.#ordered = entries.toSorted((a, b) => a.priority - b.priority);
    this.#find = options.find ?? (() => []);
    this.#off = options.off ?? (() => undefined);
    this.#forced = entries.find(({ forced }) => forced)?.provider;
    for (const { provider } of this.#ordered) {
      this.#byName.set(provider.name, provider);
      for (const model of provider.models ?? []) {
        if (!this.#byModel.has(model)) this.#byModel.set(model, provider);
      }
    }
    const open = this.#ordered.filter(({ provider }) =>
      provider.models === undefined && provider.type !== "mock"
    );
    this.#open = open.length === 1 ? open[0]?.provider : undefined;
  }

  /** The providers in order of priority. */
  get providers(): readonly Provider[] {
    return this.#ordered.map(({ provider }) => provider);
  }

  /**
   * Finds where a model name leads.
   *
   * @throws {GatewayError} 404 `model_not_found` when no provider serves it (K16).
   */
  resolve(name: string): Deployment {
    const slash = name.indexOf("/");
    if (slash > 0 && slash < name.length - 1) {
      const provider = this.#byName.get(name.slice(0, slash));
      if (provider) return { provider, model: name.slice(slash + 1) };
    }
    const bare = slash < 0;
    const provider = (bare ? this.#forced : undefined) ??
      this.#byModel.get(name) ?? this.#known(name) ??
      (bare ? this.#open : undefined);
    if (provider) return { provider, model: name };
    const off = slash > 0 ? this.#off(name.slice(0, slash)) : undefined;
    if (off !== undefined) {
      throw new GatewayError(
        "not_found",
        `Provider '${name.slice(0, slash)}' is off: ${off}`,
        { code: "model_not_found", param: "model" },
      );
    }
    throw new GatewayError(
      "not_found",
      `The model '${
        name.slice(0, 200)
      }' does not exist: address it as 'provider/model', GET /v1/models lists what there is`,
      { code: "model_not_found", param: "model" },
    );
  }

  /** Whether the name is found without asking any provider for its list. */
  knows(name: string): boolean {
    const slash = name.indexOf("/");
    return slash > 0 && this.#byName.has(name.slice(0, slash)) ||
      this.#forced !== undefined || this.#byModel.has(name) ||
      this.#known(name) !== undefined;
  }

  #known(name: string): Provider | undefined {
    const names = this.#find(name);
    if (names.length === 0) return undefined;
    return this.#ordered.find(({ provider }) => names.includes(provider.name))
      ?.provider;
  }
}
