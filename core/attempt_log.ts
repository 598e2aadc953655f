/** What became of one attempt. */
export interface AttemptRecord {
  /** Where it went, for example `openai/gpt-4o`. */
  readonly deployment: string;
  /** How it ended, in one word: `ok`, or why it failed. */
  readonly reason: string;
  /** The HTTP status of the answer; absent where none came. */
  readonly status?: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** How many attempts are kept; a request has fewer. */
const MAX_RECORDS = 8;
const MAX_WORD = 128;

/**
 * The attempts of one request, for its log line and its headers. Retries,
 * fallbacks and hedges all write here, so that its length is the number of
 * attempts, whoever made them.
 *
 * Of more than eight attempts the first seven and the newest are kept, and all
 * are counted.
 *
 * @example A fallback
 * ```ts
 * import { AttemptLog } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const log = new AttemptLog();
 * log.add({ deployment: "openai/gpt-4o", reason: "rate_limit", status: 429, durationMs: 80 });
 * log.add({ deployment: "azure/gpt-4o", reason: "ok", status: 200, durationMs: 900 });
 * assertEquals(log.headers(), {
 *   "x-llm-proxy-attempts": "2",
 *   "x-llm-proxy-fallback": '"openai/gpt-4o";reason=rate_limit;status=429;ms=80',
 * });
 * ```
 */
export class AttemptLog {
  readonly #records: AttemptRecord[] = [];
  #count = 0;

  /** How many attempts there were, those not kept included. */
  get count(): number {
    return this.#count;
  }

  /** The attempts in their order, as plain data. */
  get records(): readonly AttemptRecord[] {
    return this.#records;
  }

  /** Notes an attempt that has ended. */
  add(record: AttemptRecord): void {
    this.#count++;
    if (this.#records.length === MAX_RECORDS) this.#records.pop();
    const { deployment, reason } = record;
    this.#records.push({
      ...record,
      deployment: deployment.slice(0, MAX_WORD),
      reason: reason.slice(0, MAX_WORD),
    });
  }

  /**
   * The headers that tell a client of it: `x-llm-proxy-attempts`, their number,
   * and `x-llm-proxy-fallback` where the last one went elsewhere than the first:
   * all attempts before the last, as a list in the form of RFC 9651.
   */
  headers(): Record<string, string> {
    const headers: Record<string, string> = {
      "x-llm-proxy-attempts": String(this.#count),
    };
    const [first, last] = [this.#records[0], this.#records.at(-1)];
    if (first?.deployment !== last?.deployment) {
      headers["x-llm-proxy-fallback"] = this.#records.slice(0, -1)
        .map(listItem).join(", ");
    }
    return headers;
  }

  /** All attempts in one line, in the form of the header. */
  toString(): string {
    return this.#records.map(listItem).join(", ");
  }
}

/** One attempt as an item with parameters; nothing in it can break out of a header (C12). */
function listItem(record: AttemptRecord): string {
  const { deployment, reason, status, durationMs } = record;
  const name = deployment.replace(/[^\x20-\x7e]|["\\]/g, "?");
  const why = reason.replace(/[^\w.-]/g, "_");
  const answered = status === undefined ? "" : `;status=${status}`;
  return `"${name}";reason=${why}${answered};ms=${Math.round(durationMs)}`;
}
