import { UpstreamError } from "./errors.ts";
import { classifyFailure } from "./failure_class.ts";
import { retryDelay } from "./retry_after.ts";

/** Bounds of a {@linkcode Cooldown}. */
export interface CooldownOptions {
  /**
   * The first cooldown where no time is told, in milliseconds; it doubles with
   * each one that follows without a success between.
   *
   * @default {5_000}
   */
  readonly baseMs?: number;
  /**
   * The longest cooldown, in milliseconds, whatever a provider asks.
   *
   * @default {300_000}
   */
  readonly maxMs?: number;
  /**
   * How many targets are remembered; at more, the one that was cooled longest
   * ago is forgotten.
   *
   * @default {10_000}
   */
  readonly capacity?: number;
  /**
   * A clock that never goes back, in milliseconds.
   *
   * @default {performance.now}
   */
  readonly now?: () => number;
  /**
   * Gives numbers from 0 up to but not including 1.
   *
   * @default {Math.random}
   */
  readonly random?: () => number;
}

/** A target that is cooling. */
export interface Cooling {
  /** The name it was cooled by. */
  readonly target: string;
  /** How long it still is, in milliseconds. */
  readonly remainingMs: number;
  /** How many cooldowns it had without a success between. */
  readonly strikes: number;
}

interface Entry {
  until: number;
  strikes: number;
}

/** By how much a cooldown of our own choosing may be longer, so that targets do not wake as one. */
const JITTER = 0.2;

/**
 * Keeps requests away from what asked to be left alone: a deployment, or a
 * deployment with one of its keys (U17). A target is any text; who names it
 * decides what cools together. Keys belong in it by their name or digest.
 *
 * The time a provider tells is followed up to a bound; where it tells none, or
 * 0, the cooldown is the gateway's own and grows. Of two deadlines the later
 * wins. A cooldown ends by itself, so nothing is out for good (U19).
 *
 * @example A deployment that answered 429
 * ```ts
 * import { Cooldown, UpstreamError } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * let time = 0;
 * const cooldown = new Cooldown({ now: () => time });
 * cooldown.observe("openai/gpt-4o#key-1", new UpstreamError("rate_limit", "Slow down", {
 *   code: "rate_limit_exceeded",
 *   headers: { "retry-after": "2" },
 * }));
 * time = 500;
 * assertEquals(cooldown.remaining("openai/gpt-4o#key-1"), 1_500);
 * assertEquals(cooldown.remaining("openai/gpt-4o#key-2"), 0);
 * ```
 */
export class Cooldown {
  readonly #entries = new Map<string, Entry>();
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #capacity: number;
  readonly #now: () => number;
  readonly #random: () => number;

  /**
   * Begins with nothing cooling.
   *
   * @throws {RangeError} when an option is out of its range.
   */
  constructor(options: CooldownOptions = {}) {
    const { baseMs = 5_000, maxMs = 300_000, capacity = 10_000 } = options;
    if (!(baseMs > 0 && maxMs >= baseMs && maxMs < Infinity)) {
      throw new RangeError(
        `'baseMs' (${baseMs}) and 'maxMs' (${maxMs}) must be above 0, finite, and in this order`,
      );
    }
    if (!(capacity >= 1)) {
      throw new RangeError(`'capacity' must be 1 or more, not ${capacity}`);
    }
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
    this.#capacity = capacity;
    this.#now = options.now ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
  }

  /**
   * Cools a target where an error asks for it: a rate limit, used-up credit and
   * refused credentials always, an overload where it comes with a time. Other
   * faults are a matter of the circuit breaker, so that one of them alone puts
   * nothing out; and what a caller could provoke at will, such as a permission
   * that is missing for one feature, cools nothing (U18). Nor do bounds of our
   * own: that our connections are in use, no provider has asked for.
   *
   * @returns How long the target cools from now, in milliseconds; 0 where the
   * error asks for nothing.
   */
  observe(target: string, error: unknown): number {
    if (!(error instanceof UpstreamError)) return 0;
    if (classifyFailure(error) === "gateway") return 0;
    const asked = retryDelay(error.headers, {
      body: error.details,
      maxMs: this.#maxMs,
    });
    const always = error.kind === "rate_limit" ||
      error.kind === "authentication" || error.code === "insufficient_quota";
    const ifAsked = error.kind === "overloaded" && (asked ?? 0) > 0;
    return always || ifAsked ? this.start(target, asked) : 0;
  }

  /**
   * Cools a target, or cools it longer; never shorter.
   *
   * @param askedMs The time that was asked for, in milliseconds. Absent or 0:
   * the growing default.
   * @returns How long it cools from now, in milliseconds.
   */
  start(target: string, askedMs: number = 0): number {
    const now = this.#now();
    const known = this.#known(target, now);
    // Many requests may have failed on one limit: together they are one strike.
    const strikes = known === undefined
      ? 1
      : known.strikes + (known.until > now ? 0 : 1);
    const ms = askedMs > 0
      ? Math.min(askedMs, this.#maxMs)
      : this.#default(strikes);
    const until = Math.max(known?.until ?? 0, now + ms);
    // Set anew, for the map's order is the order of cooling.
    this.#entries.delete(target);
    if (this.#entries.size >= this.#capacity) this.#forgetOldest();
    this.#entries.set(target, { until, strikes });
    return until - now;
  }

  /**
   * Notes that a target has answered: its strikes are forgotten. A cooldown
   * that is on stays on, for the answer may be to a request from before it.
   */
  succeeded(target: string): void {
    if (this.#entries.size === 0) return;
    const entry = this.#entries.get(target);
    if (entry === undefined || entry.until > this.#now()) return;
    this.#entries.delete(target);
  }

  /** How many targets are remembered, those whose time is over included. */
  get size(): number {
    return this.#entries.size;
  }

  /** How long a target still cools, in milliseconds; 0 where it doesn't. */
  remaining(target: string): number {
    if (this.#entries.size === 0) return 0;
    const entry = this.#entries.get(target);
    return entry === undefined ? 0 : Math.max(0, entry.until - this.#now());
  }

  /**
   * When the first of some targets can be used, in milliseconds from now: the
   * `Retry-After` of an answer that says all of them are cooling (U19).
   *
   * @returns 0 where one can be used now; `undefined` where there are none.
   */
  earliest(targets: Iterable<string>): number | undefined {
    let earliest: number | undefined;
    for (const target of targets) {
      const remaining = this.remaining(target);
      if (remaining === 0) return 0;
      earliest = Math.min(earliest ?? remaining, remaining);
    }
    return earliest;
  }

  /** What is cooling now, the one that was cooled last at the end. */
  list(): Cooling[] {
    const now = this.#now();
    return [...this.#entries]
      .filter(([, { until }]) => until > now)
      .map(([target, { until, strikes }]) => ({
        target,
        remainingMs: until - now,
        strikes,
      }));
  }

  /** What is remembered of a target; strikes are forgotten after a quiet time. */
  #known(target: string, now: number): Entry | undefined {
    const entry = this.#entries.get(target);
    const isStale = entry !== undefined && now - entry.until > this.#maxMs;
    return isStale ? undefined : entry;
  }

  #default(strikes: number): number {
    const grown = this.#baseMs * 2 ** (strikes - 1);
    return Math.min(this.#maxMs, grown * (1 + JITTER * this.#random()));
  }

  #forgetOldest(): void {
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
