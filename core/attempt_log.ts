import type { ErrorKind } from "./errors.ts";

/** What became of one attempt. */
export interface AttemptRecord {
  /** Where it went, for example `openai/gpt-4o`. */
  readonly deployment: string;
  /** How it ended, in one word: `ok`, or why it failed. */
  readonly reason: string;
  /** The class of the failure; absent where it did not fail. */
  readonly kind?: ErrorKind;
  /** The HTTP status of the answer; absent where none came. */
  readonly status?: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** How an attempt ended. */
export type AttemptEnd = Omit<AttemptRecord, "deployment">;

/** An attempt that has begun. */
export interface AttemptEntry {
  /** Notes how it ended. */
  end(how: AttemptEnd): void;
}

/** How many attempts are kept; a request has fewer. */
const MAX_RECORDS = 8;
const MAX_WORD = 128;
const NONE: AttemptRecord[] = [];

/** An attempt from its beginning on. */
class OpenRecord implements AttemptRecord, AttemptEntry {
  readonly deployment: string;
  reason = "open";
  declare kind?: ErrorKind;
  declare status?: number;
  durationMs = 0;

  constructor(deployment: string) {
    this.deployment = deployment;
  }

  end({ reason, kind, status, durationMs }: AttemptEnd): void {
    this.reason = reason.slice(0, MAX_WORD);
    if (kind !== undefined) this.kind = kind;
    if (status !== undefined) this.status = status;
    this.durationMs = durationMs;
  }
}

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
 * const first = log.begin("openai/gpt-4o");
 * first.end({ reason: "rate_limit", status: 429, durationMs: 80 });
 * log.begin("azure/gpt-4o");
 * assertEquals(log.headers("azure/gpt-4o"), {
 *   "x-llm-proxy-attempts": "2",
 *   "x-llm-proxy-fallback": '"openai/gpt-4o";reason=rate_limit;status=429;ms=80',
 * });
 * ```
 */
export class AttemptLog {
  #records: AttemptRecord[] = NONE;
  #count = 0;
  #queuedMs = 0;
  #pausedMs = 0;

  /** How many attempts there were, those not kept included. */
  get count(): number {
    return this.#count;
  }

  /** The attempts in the order in which they began, as plain data; one under way has the reason `open`. */
  get records(): readonly AttemptRecord[] {
    return this.#records;
  }

  /** How long the request waited for its turn at deployments, in ms. */
  get queuedMs(): number {
    return this.#queuedMs;
  }

  /** How long it waited before it tried again, in ms. */
  get pausedMs(): number {
    return this.#pausedMs;
  }

  /** Notes a wait for its turn at a deployment, in ms. */
  queued(ms: number): void {
    this.#queuedMs += ms;
  }

  /** Notes a wait before it tried again, in ms. */
  paused(ms: number): void {
    this.#pausedMs += ms;
  }

  /** Notes an attempt that begins. */
  begin(deployment: string): AttemptEntry {
    this.#count++;
    const record = new OpenRecord(deployment.slice(0, MAX_WORD));
    // Most requests have one, for which a list of one is small.
    if (this.#records === NONE) this.#records = [record];
    else if (this.#records.length < MAX_RECORDS) this.#records.push(record);
    else this.#records[MAX_RECORDS - 1] = record;
    return record;
  }

  /**
   * The headers that tell a client of it: `x-llm-proxy-attempts`, their number,
   * and `x-llm-proxy-fallback` where the answer comes from elsewhere than was
   * tried first: all attempts elsewhere, as a list in the form of RFC 9651.
   *
   * @param answering The deployment whose answer has the headers.
   * @param headers Those that they are put among. @default {none}
   * @returns The same.
   */
  headers(
    answering?: string,
    headers: Record<string, string> = {},
  ): Record<string, string> {
    headers["x-llm-proxy-attempts"] = String(this.#count);
    if (this.#count <= 1 || answering === undefined) return headers;
    const name = answering.slice(0, MAX_WORD);
    if (this.#records[0]?.deployment !== name) {
      headers["x-llm-proxy-fallback"] = this.#records
        .filter(({ deployment }) => deployment !== name)
        .map(listItem).join(", ");
    }
    return headers;
  }

  /** All attempts in one line, in the form of the header. */
  toString(): string {
    return this.#records.map(listItem).join(", ");
  }
}

/**
 * One attempt as an item with parameters; nothing in it can break out of a
 * header (C12). It is joined, for the engine then has it in one piece: JSON with
 * a text in several is written half as fast.
 */
function listItem(record: AttemptRecord): string {
  const { deployment, reason, status, durationMs } = record;
  const name = deployment.replace(/[^\x20-\x7e]|["\\]/g, "?");
  const why = reason.replace(/[^\w.-]/g, "_");
  const answered = status === undefined ? "" : `;status=${status}`;
  const ms = Math.round(durationMs);
  return ['"', name, '";reason=', why, answered, ";ms=", ms].join("");
}
