import type {
  CondensableConversation,
  CondensableMessage,
} from "./condensable.ts";
import { type CondenseCounts, CondenseDraft } from "./_condense_draft.ts";
import { dropOldest, middleOut } from "./drop_oldest.ts";
import { removeDuplicates } from "./remove_duplicates.ts";
import { SmartCache } from "./smart_cache.ts";
import { Slices } from "./_slices.ts";
import { summarizeOldest, type Summarizer } from "./summarize_oldest.ts";
import { TokenEstimator } from "./token_estimator.ts";
import {
  measureContent,
  measureRequest,
  type TokenMeasure,
} from "./token_measure.ts";
import { truncateToolResults } from "./truncate_tool_results.ts";

/** The ways of making a conversation shorter. */
export const CONDENSE_STRATEGIES = [
  "truncate_tool_results",
  "remove_duplicates",
  "drop_oldest",
  "middle_out",
  "summarize",
] as const;

/** A way of making a conversation shorter. */
export type CondenseStrategy = typeof CONDENSE_STRATEGIES[number];

/** How summaries are kept where nobody says. */
const SUMMARIES = {
  maxEntries: 1_000,
  ttlMs: 3_600_000,
  maxBytes: 16_777_216,
} as const;

/** What a {@linkcode ContextCondenser} is made with. */
export interface ContextCondenserOptions {
  /** Estimates tokens. @default {one of its own} */
  readonly estimator?: TokenEstimator;
  /** Keeps summaries. @default {one of its own} */
  readonly summaries?: SmartCache<string>;
  /** How long the event loop is kept at most before others get their turn, in ms. @default {8} */
  readonly sliceMs?: number;
  /** Told why there is no summary; the turns were left out without one. */
  readonly onFailure?: (cause: unknown) => void;
}

/** How a conversation is to be condensed. */
export interface CondenseOptions {
  /** The most tokens that it may have, tools included. */
  readonly limit: number;
  /** The model that is to read it, as `provider/model`: it decides how tokens are counted. */
  readonly model: string;
  /** What is done, in this order, until there is room. @default {["truncate_tool_results", "remove_duplicates", "drop_oldest"]} */
  readonly strategies?: readonly CondenseStrategy[];
  /** How many tokens of a tool result are kept. @default {2000} */
  readonly toolResultMaxTokens?: number;
  /** Sums up, for the strategy `summarize`; without it turns are left out. */
  readonly summarize?: Summarizer | undefined;
  /** Whose conversations share summaries, and by which model they are made. @default {""} */
  readonly summaryScope?: string;
  /** The most tokens of a summary. @default {512} */
  readonly summaryMaxTokens?: number;
  /** How long summaries may take, in ms. @default {10000} */
  readonly summaryTimeoutMs?: number;
}

/** What was done to a conversation. */
export interface CondenseReport extends Readonly<CondenseCounts> {
  /** Its tokens before, an estimate. */
  readonly before: number;
  /** Its tokens now, an estimate. */
  readonly after: number;
  /** Whether it is within the limit now, by the highest estimate. */
  readonly fits: boolean;
}

/** A conversation that was condensed. */
export interface Condensed<T> {
  /** The conversation; the very same where nothing was done. */
  readonly conversation: T;
  /** What was done. */
  readonly report: CondenseReport;
}

const DEFAULT_STRATEGIES: readonly CondenseStrategy[] = [
  "truncate_tool_results",
  "remove_duplicates",
  "drop_oldest",
];
const DROPPING: ReadonlySet<CondenseStrategy> = new Set([
  "drop_oldest",
  "middle_out",
  "summarize",
]);
/** Turns are left out a quarter of the limit at a time. */
const STEPS = 4;

/**
 * Brings conversations under a limit of tokens.
 *
 * The system's words, the latest turn of the user and the last turn stay as
 * they are; calls of tools and their results stay or go together. What is left
 * out is left out a quarter of the limit at a time, so that the beginning of a
 * conversation that grows stays the same for many turns, byte for byte, and the
 * provider's prompt cache with it.
 *
 * A conversation of 200 turns and a million tokens keeps the event loop for
 * some milliseconds at a time.
 *
 * @example The oldest turns go
 * ```ts
 * import { ContextCondenser } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const say = (role: string, text: string) => ({ role, parts: [{ type: "text", text }] });
 * const condenser = new ContextCondenser();
 * const { conversation, report } = await condenser.condense({
 *   messages: [
 *     say("system", "Be brief."),
 *     say("user", "An old question. ".repeat(200)),
 *     say("assistant", "An old answer. ".repeat(200)),
 *     say("user", "What is new?"),
 *   ],
 * }, { limit: 500, model: "gpt-4o" });
 * assertEquals(conversation.messages.map(({ role }) => role), ["system", "user"]);
 * assertEquals([report.dropped, report.fits], [2, true]);
 * ```
 */
export class ContextCondenser {
  /** Estimates tokens. */
  readonly estimator: TokenEstimator;
  /** Keeps summaries. */
  readonly summaries: SmartCache<string>;
  readonly #sliceMs: number;
  readonly #onFailure: ((cause: unknown) => void) | undefined;

  /** Holds nothing yet. */
  constructor(options: ContextCondenserOptions = {}) {
    this.estimator = options.estimator ?? new TokenEstimator();
    this.summaries = options.summaries ?? new SmartCache(SUMMARIES);
    this.#sliceMs = options.sliceMs ?? 8;
    this.#onFailure = options.onFailure;
  }

  /**
   * Condenses a conversation where it has more tokens than the limit.
   *
   * @throws {RangeError} when the limit is not above 0.
   */
  async condense<T extends CondensableConversation>(
    conversation: T,
    options: CondenseOptions,
  ): Promise<Condensed<T>> {
    const { limit, model } = options;
    if (!(limit > 0)) {
      throw new RangeError(
        `Cannot condense to ${limit} tokens: must be above 0`,
      );
    }
    const slices = new Slices(this.#sliceMs);
    const { factor, error } = this.estimator.correction(model);
    const plain = (measure: TokenMeasure): number =>
      this.estimator.estimate(measure, model).tokens / factor;
    const sizeOf = (message: CondensableMessage): number =>
      plain(measureContent(message));
    const sizes: number[] = [];
    for (const message of conversation.messages) {
      sizes.push(sizeOf(message));
      await slices.breathe();
    }
    const draft = new CondenseDraft(conversation.messages, {
      sizes,
      fixed: plain(measureRequest({ ...conversation, messages: [] })),
      room: limit / factor / (1 + error),
      step: limit / STEPS,
      sizeOf,
    });
    const before = draft.total;
    for (const strategy of options.strategies ?? DEFAULT_STRATEGIES) {
      if (draft.fits) break;
      await this.#apply(strategy, { draft, slices, options });
    }
    const { fits, total, counts } = draft;
    const report: CondenseReport = {
      ...counts,
      before: Math.ceil(before * factor),
      after: Math.ceil(total * factor),
      fits,
    };
    if (total === before) return { conversation, report };
    const messages = draft.messages.filter((it) => it !== undefined);
    return { conversation: { ...conversation, messages }, report };
  }

  async #apply(
    strategy: CondenseStrategy,
    { draft, slices, options }: {
      readonly draft: CondenseDraft;
      readonly slices: Slices;
      readonly options: CondenseOptions;
    },
  ): Promise<void> {
    switch (strategy) {
      case "truncate_tool_results":
        truncateToolResults(draft, {
          maxTokens: options.toolResultMaxTokens ?? 2000,
        });
        break;
      case "remove_duplicates":
        await removeDuplicates(draft, slices);
        break;
      case "middle_out":
        middleOut(draft);
        break;
      case "summarize":
        await this.#summarize(draft, { slices, options });
        break;
      case "drop_oldest":
        break;
    }
    // What was put back, or a summary that came out long, may be too much again.
    if (DROPPING.has(strategy)) dropOldest(draft);
  }

  async #summarize(
    draft: CondenseDraft,
    { slices, options }: {
      readonly slices: Slices;
      readonly options: CondenseOptions;
    },
  ): Promise<void> {
    const { summarize } = options;
    if (summarize === undefined) return;
    const failure = await summarizeOldest(draft, {
      slices,
      summarize,
      cache: this.summaries,
      scope: options.summaryScope ?? "",
      maxTokens: options.summaryMaxTokens ?? 512,
      timeoutMs: options.summaryTimeoutMs ?? 10_000,
    });
    if (failure !== undefined) this.#onFailure?.(failure);
  }
}
