import type { Access } from "./access.ts";
import type { Config } from "./config_types.ts";
import type { RouteCacheConfig } from "./config_types_routing.ts";

/** How the answers to a request are kept. */
export interface AnswerPolicy {
  /** How long they are fresh, in milliseconds. */
  readonly ttlMs: number;
  /** How long after that they are stale, in milliseconds. */
  readonly staleMs: number;
  /** Whether all callers have them in common. */
  readonly isShared: boolean;
  /** When answers to other questions do; absent for never. */
  readonly semantic?: SemanticPolicy | undefined;
}

/** When a question is near enough to another that was answered. */
export interface SemanticPolicy {
  /** The model that makes vectors. */
  readonly model: string;
  /** As a cosine. */
  readonly threshold: number;
  /** Whether what would have been answered is logged and not told. */
  readonly isDryRun: boolean;
  /** How long a vector may take, in milliseconds. */
  readonly timeoutMs: number;
}

const SECOND = 1000;

type PolicyConfig = Pick<Config, "auth" | "caching" | "routes">;

/** Knows whose answers are kept, and how: keys say first, then routes, then the section of the cache. */
export class CachePolicies {
  /** Whether a key of the config wants answers to be kept. */
  readonly #isOnForKeys: boolean;
  /** By the name of the route. */
  readonly #routes: ReadonlyMap<string, RoutePolicy>;
  readonly #others: RoutePolicy;

  constructor(
    { auth, caching: { response_cache: base }, routes }: PolicyConfig,
  ) {
    this.#isOnForKeys = auth.api_keys.some(({ cache }) => cache === true);
    const policyOf = (route: Partial<RouteCacheConfig>): RoutePolicy => ({
      isOn: route.enabled ?? base.enabled,
      ttlMs: (route.ttl ?? base.ttl) * SECOND,
      staleMs: (route.stale ?? base.stale) * SECOND,
      isShared: route.shared ?? base.shared,
      semantic: route.semantic && {
        model: route.semantic.model,
        threshold: route.semantic.threshold,
        isDryRun: route.semantic.dry_run,
        timeoutMs: route.semantic.timeout * SECOND,
      },
    });
    this.#routes = new Map(
      routes.flatMap(({ match, cache }) =>
        cache === undefined
          ? []
          : match.map((name) => [name, policyOf(cache)] as const)
      ),
    );
    this.#others = policyOf({});
  }

  /** Whether anything is kept for anybody. */
  get isOn(): boolean {
    return this.#others.isOn || this.#isOnForKeys ||
      this.#routes.values().some(({ isOn }) => isOn);
  }

  /** The longest time for which anything is kept, in milliseconds. */
  get longest(): Pick<AnswerPolicy, "ttlMs" | "staleMs"> {
    const all = [this.#others, ...this.#routes.values()];
    return {
      ttlMs: Math.max(...all.map(({ ttlMs }) => ttlMs)),
      staleMs: Math.max(...all.map(({ staleMs }) => staleMs)),
    };
  }

  /** How answers to a caller are kept that come by a route; nothing where they are not. */
  of(
    caller: Pick<Access, "cache"> | undefined,
    route: string,
  ): AnswerPolicy | undefined {
    const policy = this.#routes.get(route) ?? this.#others;
    return caller?.cache ?? policy.isOn ? policy : undefined;
  }
}

interface RoutePolicy extends AnswerPolicy {
  readonly isOn: boolean;
}
