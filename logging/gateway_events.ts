/**
 * Where a request, or one attempt of it, went. One object that is kept for each
 * such place is cheapest: what is counted by it is then looked up once.
 */
export interface GatewayTarget {
  /** What was asked for, in the words of the conventions: `chat`, `text_completion`, `embeddings`. */
  readonly operation: string;
  /** The provider's name in the config. */
  readonly provider: string;
  /** The provider's type, for example `azure_openai`. */
  readonly providerType: string;
  /** The model, as the provider names it. */
  readonly model: string;
}

/** How an attempt at a provider ended. */
export interface AttemptEnded {
  /** Where it went. */
  readonly target: GatewayTarget;
  /** How it ended, in one word: `ok`, or the kind of the error. */
  readonly outcome: string;
  /** How long it took, in ms, the answer's body included. */
  readonly durationMs: number;
  /** From the request's sending to the first chunk, in ms. Only of streams. */
  readonly firstChunkMs?: number | undefined;
  /** The trace it belongs to. */
  readonly traceId?: string | undefined;
}

/** How a request ended. */
export interface RequestEnded {
  /** The HTTP method. */
  readonly method: string;
  /** The route's pattern, never the path: a path can be anything. */
  readonly route: string;
  /** The HTTP status. */
  readonly status: number;
  /** From the head of the request to the end of the answer, in ms. */
  readonly durationMs: number;
  /** Where the answer came from. Absent where no provider was meant or found. */
  readonly target?: GatewayTarget | undefined;
  /** Why it failed: a `GatewayError`. */
  readonly error?: { readonly kind: string; readonly code: string } | undefined;
  /** How long it waited for a place, in ms. Absent where it went nowhere. */
  readonly queuedMs?: number | undefined;
  /** What of the duration was the gateway's own work, in ms. Absent where it went nowhere. */
  readonly overheadMs?: number | undefined;
  /** From the head of the request to the first content, in ms. Only of streams. */
  readonly firstTokenMs?: number | undefined;
  /** The tokens that are to be paid for. Absent where the provider told none. */
  readonly usage?:
    | { readonly input: number; readonly output: number }
    | undefined;
  /** What it cost, in US dollars. */
  readonly costUsd?: number | undefined;
  /** The trace it belongs to. */
  readonly traceId?: string | undefined;
}

/** A request that a limit refused. */
export interface LimitRefused {
  /** The name of the limit in the config. */
  readonly limit: string;
  /** What was used up: `requests`, `tokens` or `concurrent`. */
  readonly unit: string;
}

/** A look into a cache. */
export interface CacheLookup {
  /** Which cache: `response`, `summary`, `model`. */
  readonly cache: string;
  /** Whether it held what was looked for. */
  readonly hit: boolean;
}

/** A request whose conversation was made shorter. */
export interface CondensedRequest {
  /** Why, in a word: `threshold`, `error` or `asked`. */
  readonly reason: string;
  /** By how many tokens, an estimate. */
  readonly savedTokens: number;
}

/** What a guardrail came to on one request. */
export interface GuardrailEnded {
  /** Its name in the config. */
  readonly guardrail: string;
  /** In a word: `passed`, `masked`, `refused`, `repaired` or `failed_open`. */
  readonly outcome: string;
}

/** How a deployment is now. */
export interface UpstreamView {
  /** The provider's name in the config. */
  readonly provider: string;
  /** The model, as the provider names it. */
  readonly model: string;
  /** Whether attempts go to it now. */
  readonly available: boolean;
  /** How its breaker stands. */
  readonly breaker: "closed" | "open" | "half_open";
  /** Attempts that are under way. */
  readonly inFlight: number;
}

/** How a provider does now. */
export interface ProviderView {
  /** Its name in the config. */
  readonly provider: string;
  /** What to call it. */
  readonly health: "healthy" | "degraded" | "unhealthy";
  /** How many connections to it are open. */
  readonly connections: number;
}

/** How a budget stands now. */
export interface BudgetView {
  /** Its name in the config: never a key. */
  readonly name: string;
  /** What is left of it, in US dollars. */
  readonly leftUsd: number;
}

/** How a cache stands now. */
export interface CacheView {
  /** Which cache: `response`, `summary`, `model`. */
  readonly cache: string;
  /** How many entries it holds. */
  readonly entries: number;
  /** How many bytes they take. */
  readonly bytes: number;
}

/** How a queue stands now. */
export interface QueueView {
  /** Which queue. */
  readonly queue: string;
  /** How many wait in it. */
  readonly length: number;
}

/** How the store does that keeps what a restart must not lose. */
export interface StateView {
  /** Whether what is written waits in memory, as the store is out of reach. */
  readonly degraded: boolean;
  /** How many changes wait. */
  readonly waiting: number;
}

/** How the memory does. */
export interface MemoryView {
  /** How scarce it is. */
  readonly pressure: "normal" | "high" | "critical";
  /** Bytes that may be used; absent where nothing bounds them. */
  readonly limit: number | undefined;
}

/** How the gateway stands: asked at each scrape, so each must answer at once. */
export interface GatewayViews {
  /** All deployments. @default {none} */
  readonly upstreams?: () => Iterable<UpstreamView>;
  /** All providers. @default {none} */
  readonly providers?: () => Iterable<ProviderView>;
  /** The budgets, those first of which least is left: after the hundredth they are left out. @default {none} */
  readonly budgets?: () => Iterable<BudgetView>;
  /** All caches. @default {none} */
  readonly caches?: () => Iterable<CacheView>;
  /** All queues. @default {none} */
  readonly queues?: () => Iterable<QueueView>;
  /** How many log records were dropped so far. @default {none} */
  readonly droppedLogRecords?: () => number;
  /** How many spans were dropped so far. @default {none} */
  readonly droppedSpans?: () => number;
  /** The store. @default {none} */
  readonly state?: () => StateView;
  /** The memory. @default {none} */
  readonly memory?: () => MemoryView;
}
