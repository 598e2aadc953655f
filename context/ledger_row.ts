/** Who says what a model costs. */
export interface LedgerPrice {
  /** `config`, the name of a price table, `provider` for what it charges by its own word, or `reserve` for what was set aside. */
  readonly source: string;
  /** Which version of that. */
  readonly version: string;
}

/** What an attempt came to in tokens, each part as in `Usage` of `@llm-proxy/core`. */
export interface LedgerUsage {
  /** All input tokens. */
  readonly input: number;
  /** Input tokens from the provider's cache. */
  readonly cached: number;
  /** Input tokens written to it. */
  readonly cacheWrite: number;
  /** All output tokens. */
  readonly output: number;
  /** Output tokens spent on thought. */
  readonly reasoning: number;
  /** The provider told nothing: these are counted from what was sent and delivered. */
  readonly isEstimated?: true;
}

/** Where an attempt goes, and what was set aside for it. */
export interface LedgerIntent {
  /** The provider's name in the config. */
  readonly provider: string;
  /** The model as the provider names it. */
  readonly model: string;
  /** What it may cost at most, in pico-dollars; 0 where that is not known. */
  readonly reserved: number;
  /** Who says what it costs; absent where nobody does. */
  readonly price?: LedgerPrice | undefined;
  /** The budgets that pay for it. */
  readonly charges?: readonly LedgerCharge[] | undefined;
}

/** A window of a budget that a cost is counted in. */
export type LedgerCharge = readonly [
  budget: string,
  subject: string,
  window: string,
];

/** One attempt at a provider. */
export interface LedgerAttempt extends LedgerIntent {
  /** How it ended: `ok`, the code of the failure, or `unknown`. */
  readonly outcome: string;
  /** What it came to. */
  readonly usage?: LedgerUsage | undefined;
  /** What it cost, in pico-dollars; absent where no price is known. */
  readonly cost?: number | undefined;
  /** What the provider says that it charges, in pico-dollars. */
  readonly reported?: number | undefined;
}

/** How an attempt ended; what is known of it since it began, as well. */
export interface LedgerAttemptEnd
  extends Omit<LedgerAttempt, keyof LedgerIntent> {
  /** The model that has answered. @default {the one that was asked} */
  readonly model?: string | undefined;
  /** Who says what it cost. @default {who said so when it began} */
  readonly price?: LedgerPrice | undefined;
}

/** Whose request it is, and what it asks for. */
export interface LedgerHead {
  /** The gateway's own id of it. */
  readonly id: string;
  /** When it began, in ms since 1970. */
  readonly at: number;
  /** The route's pattern. */
  readonly route: string;
  /** The name of the caller's key. */
  readonly key?: string | undefined;
  /** The caller's user. */
  readonly user?: string | undefined;
  /** The caller's team. */
  readonly team?: string | undefined;
  /** The caller's organisation. */
  readonly organisation?: string | undefined;
  /** The model as the caller named it. */
  readonly model?: string | undefined;
}

/** How a request ended. */
export interface LedgerEnd {
  /** The HTTP status. */
  readonly status: number;
  /** The code of the error, where there was one. */
  readonly error?: string | undefined;
  /** How long it took, in ms. */
  readonly durationMs: number;
  /** It was answered from a cache: nobody charges for it. */
  readonly cache?: string | undefined;
  /** What is odd about what providers told. */
  readonly problems?: readonly string[] | undefined;
}

/** A row of the ledger: a request, with each of its attempts. */
export interface LedgerRow extends LedgerHead, LedgerEnd {
  /** `unknown` where the process ended before the request did: what was reserved counts as its cost. */
  readonly state: "settled" | "unknown";
  /** In the order in which they began. */
  readonly attempts: readonly LedgerAttempt[];
  /** What it cost, in pico-dollars; absent where the price of an attempt is not known. */
  readonly cost?: number | undefined;
}

/** What is wrong with a usage: its parts must not be more than the whole. */
export function usageProblems(usage: {
  readonly input: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly reasoning: number;
  readonly total: number;
}): string[] {
  const { input, cached, cacheWrite, cacheWrite1h, output, reasoning } = usage;
  const problems: string[] = [];
  const areCounts = isCount(input) && isCount(cached) && isCount(cacheWrite) &&
    isCount(cacheWrite1h) && isCount(output) && isCount(reasoning);
  if (!areCounts) problems.push("a count is no whole number");
  if (!(cached + cacheWrite <= input)) {
    problems.push("cached and written > input");
  }
  if (!(cacheWrite1h <= cacheWrite)) {
    problems.push("written for an hour > written");
  }
  if (!(reasoning <= output)) problems.push("reasoning > output");
  if (usage.total !== input + output) {
    problems.push("total is not input + output");
  }
  return problems;
}

function isCount(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 0;
}

/** What attempts cost together, in pico-dollars; `undefined` where one's price is not known. */
export function costOfAttempts(
  attempts: readonly Pick<LedgerAttempt, "cost">[],
): number | undefined {
  let sum = 0;
  for (const { cost } of attempts) {
    if (cost === undefined) return undefined;
    sum += cost;
  }
  return sum;
}

/** What requests and their attempts are counted by. */
export interface UsageCounts {
  /** Requests, at the model of their last attempt. */
  readonly requests: number;
  /** Those of them that ended with an error, or are unknown. */
  readonly failed: number;
  /** Attempts at providers. */
  readonly attempts: number;
  /** All input tokens. */
  readonly input: number;
  /** Input tokens from providers' caches. */
  readonly cached: number;
  /** Input tokens written to them. */
  readonly cacheWrite: number;
  /** All output tokens. */
  readonly output: number;
  /** Output tokens spent on thought. */
  readonly reasoning: number;
  /** Attempts whose tokens are estimated, for the provider told none. */
  readonly estimated: number;
  /** Attempts whose price is not known. */
  readonly unpriced: number;
  /** Attempts of which the provider told what it charges. */
  readonly reported: number;
}
