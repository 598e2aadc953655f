import { checkNumber } from "./_check_number.ts";

/**
 * What a fault does:
 *
 * - `delay`: the request goes out, and its answer begins, so much later;
 * - `error`: an answer with an error status, in the provider's dialect;
 * - `rate_limit`: an answer with status 429 and `retry-after`;
 * - `timeout`: the connection stands, and no answer comes;
 * - `network_failure`: the connection is refused or reset, either half the time;
 * - `cut_stream`: the provider's own answer breaks off.
 */
export type ChaosFaultType =
  | "delay"
  | "error"
  | "rate_limit"
  | "timeout"
  | "network_failure"
  | "cut_stream";

/** Which attempts a fault may strike: every key that is given must equal. */
export interface ChaosMatch {
  /** The provider's name. */
  readonly provider?: string | undefined;
  /** The model, as the provider names it. */
  readonly model?: string | undefined;
  /** The route that the request came by, for example `/v1/chat/completions`. */
  readonly route?: string | undefined;
}

/** One fault to inject; what its type does not use is ignored. */
export interface ChaosFault {
  /** What happens. */
  readonly type: ChaosFaultType;
  /** The share of matching attempts that it strikes, 0 to 1. */
  readonly probability: number;
  /** Which attempts it may strike. @default {{}, which is all} */
  readonly match?: ChaosMatch | undefined;
  /**
   * Milliseconds. A `delay` needs it; a `timeout` with it ends after that time,
   * as if the limit for response headers had run out, and without it when the
   * attempt's own clock ends it.
   */
  readonly delayMs?: number | undefined;
  /** The status of an `error`, 400 to 599. @default {500} */
  readonly status?: number | undefined;
  /** Seconds that a `rate_limit` tells in `retry-after`. @default {1} */
  readonly retryAfter?: number | undefined;
  /**
   * Events that come whole before a `cut_stream`; comments are none.
   *
   * @default {1, unless there is an `afterBytes`}
   */
  readonly afterEvents?: number | undefined;
  /** Bytes that come before a `cut_stream`, in place of `afterEvents`. */
  readonly afterBytes?: number | undefined;
}

const TYPES: ReadonlySet<unknown> = new Set<ChaosFaultType>([
  "delay",
  "error",
  "rate_limit",
  "timeout",
  "network_failure",
  "cut_stream",
]);

/**
 * Checks a fault.
 *
 * @param name Where it stands, for example `Chaos: 'faults[0]`.
 * @throws {TypeError} when its type is unknown.
 * @throws {RangeError} when a number is missing or out of its range.
 */
export function checkChaosFault(name: string, fault: ChaosFault): void {
  const { type, delayMs, status, retryAfter, afterEvents, afterBytes } = fault;
  if (!TYPES.has(type)) {
    throw new TypeError(`Cannot make a ${name}.type' of '${type}'`);
  }
  const check = (key: keyof ChaosFault, rule: {
    readonly value: number | undefined;
    readonly least: number;
    readonly most?: number;
    readonly whole?: boolean;
  }): void => {
    if (rule.value === undefined) return;
    checkNumber(`${name}.${key}'`, rule.value, rule);
  };
  checkNumber(`${name}.probability'`, fault.probability, { least: 0, most: 1 });
  const delay = type === "delay" ? delayMs ?? NaN : delayMs;
  check("delayMs", { value: delay, least: 0 });
  check("status", { value: status, least: 400, most: 599, whole: true });
  check("retryAfter", { value: retryAfter, least: 0 });
  check("afterEvents", { value: afterEvents, least: 0, whole: true });
  check("afterBytes", { value: afterBytes, least: 0, whole: true });
}
