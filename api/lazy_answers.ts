import type { CacheStats } from "@llm-proxy/context";
import type { AnswerCache } from "./answer_cache.ts";
import type { Config } from "./config_types.ts";
import type { KeptAnswers } from "./kept_answers.ts";

/** An {@linkcode AnswerCache} that is loaded by the first request: most services keep no answers. */
export class LazyAnswers {
  readonly #config: Config;
  readonly #kept: KeptAnswers;
  #inner: AnswerCache | undefined;
  #closed = false;

  /** Loads nothing yet. */
  constructor(config: Config, kept: KeptAnswers) {
    this.#config = config;
    this.#kept = kept;
  }

  /** How the cache has done. */
  get stats(): CacheStats {
    return this.#kept.cache.stats;
  }

  /** As {@linkcode AnswerCache.serve}. */
  async serve(...asked: Parameters<AnswerCache["serve"]>): Promise<void> {
    await (this.#inner ?? await this.#load()).serve(...asked);
  }

  /** As {@linkcode AnswerCache.clear}. */
  async clear(): Promise<void> {
    await (this.#inner ?? await this.#load()).clear();
  }

  /** As {@linkcode AnswerCache.close}. */
  close(): void {
    this.#closed = true;
    this.#inner?.close();
  }

  async #load(): Promise<AnswerCache> {
    const answers = await import("./answer_cache.ts");
    // Of two at once the second finds what the first has made: they share flights.
    this.#inner ??= new answers.AnswerCache(this.#config, this.#kept);
    if (this.#closed) this.#inner.close();
    return this.#inner;
  }
}
