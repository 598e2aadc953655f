import { clearTimeout, setTimeout } from "node:timers";
import type { EncodingName } from "./_token_rates.ts";

/** What the worker is asked. */
export interface CountQuestion {
  readonly id: number;
  readonly encoding: EncodingName;
  readonly texts: readonly string[];
  /** When nobody wants the answer any more, in ms since 1970. */
  readonly until: number;
}

/** What it answers; no tokens where it was too late or could not. */
export interface CountAnswer {
  readonly id: number;
  readonly tokens?: number;
}

/** How {@linkcode ExactTokens} works. */
export interface ExactTokensOptions {
  /** The wait for a count, in ms. @default {2000} */
  readonly timeoutMs?: number;
  /** After how long without a question the worker ends, and its memory is free, in ms. @default {60000} */
  readonly idleMs?: number;
  /** How many may ask at a time; others get no count. @default {32} */
  readonly maxPending?: number;
  /** The most characters of one question. @default {8388608} */
  readonly maxChars?: number;
}

/**
 * Counts the tokens of texts in OpenAI's encodings, in a worker that starts
 * with the first question and ends when there are none for a while.
 *
 * Whatever goes wrong, a caller gets no count and has an estimate instead.
 */
export class ExactTokens {
  readonly #options: Required<ExactTokensOptions>;
  readonly #waiting = new Map<number, (tokens: number | undefined) => void>();
  #worker: Worker | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #last = 0;
  /** No worker can be started here. */
  #isOut = false;

  /** Starts nothing yet. */
  constructor(options: ExactTokensOptions = {}) {
    const { timeoutMs = 2_000, idleMs = 60_000 } = options;
    const { maxPending = 32, maxChars = 8_388_608 } = options;
    this.#options = { timeoutMs, idleMs, maxPending, maxChars };
  }

  /** Whether the worker runs, and holds its tables. */
  get isLoaded(): boolean {
    return this.#worker !== undefined;
  }

  /** Counts; `undefined` where it can't in time. */
  count(
    texts: readonly string[],
    encoding: EncodingName,
  ): Promise<number | undefined> {
    const { timeoutMs, maxPending, maxChars } = this.#options;
    const chars = texts.reduce((sum, { length }) => sum + length, 0);
    if (chars > maxChars || this.#waiting.size >= maxPending) {
      return Promise.resolve(undefined);
    }
    const worker = this.#start();
    if (worker === undefined) return Promise.resolve(undefined);
    const id = ++this.#last;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(id, undefined), timeoutMs);
      this.#waiting.set(id, (tokens) => {
        clearTimeout(timer);
        resolve(tokens);
      });
      const until = Date.now() + timeoutMs;
      const question: CountQuestion = { id, encoding, texts, until };
      worker.postMessage(question);
    });
  }

  /** Ends the worker; who waits gets no count. A later question starts it anew. */
  close(): void {
    clearTimeout(this.#idle);
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, undefined);
    clearTimeout(this.#idle);
  }

  #start(): Worker | undefined {
    clearTimeout(this.#idle);
    if (this.#worker !== undefined) return this.#worker;
    if (this.#isOut || typeof Worker === "undefined") return undefined;
    try {
      const url = new URL("./_tokenizer_worker.ts", import.meta.url);
      const worker = new Worker(url, { type: "module" });
      worker.onmessage = ({ data }: MessageEvent<CountAnswer>) =>
        this.#settle(data.id, data.tokens);
      worker.onerror = (event) => {
        event.preventDefault();
        this.#isOut = true;
        this.close();
      };
      return this.#worker = worker;
    } catch {
      this.#isOut = true;
      return undefined;
    }
  }

  #settle(id: number, tokens: number | undefined): void {
    this.#waiting.get(id)?.(tokens);
    this.#waiting.delete(id);
    if (this.#waiting.size > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.close(), this.#options.idleMs);
    this.#idle.unref();
  }
}
