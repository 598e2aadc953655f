import { renderValue } from "./_json_value.ts";
import { plainJson } from "./constant_fields.ts";
import { RowRing, type RowRingLimits } from "./_row_ring.ts";
import { matcherOf, type RequestLogFilter } from "./request_log_filter.ts";
import type { LogFields } from "./logger.ts";
import { Redactor } from "./redactor.ts";

/** What a field of a {@linkcode RequestLogRow} may be. */
export type RequestLogValue = string | number | boolean;

/** One request that has ended. */
export interface RequestLogRow {
  /** Its place: it only grows, and is never given twice. */
  readonly cursor: number;
  /** When it ended, in ms since 1970. */
  readonly at: number;
  /** What is known of it, without secrets. */
  readonly fields: Readonly<Record<string, RequestLogValue>>;
}

/** Which rows a page is to have. */
export interface RequestLogQuery {
  /** Which requests are wanted. @default {all} */
  readonly filter?: RequestLogFilter;
  /** Only rows before this cursor, the newest first. @default {from the newest} */
  readonly before?: number;
  /** Only rows after this cursor, the oldest first: what came since. It wins over `before`. */
  readonly after?: number;
  /** How many rows at most. @default {50} */
  readonly limit?: number;
}

/** Some rows, and where to go on. */
export interface RequestLogPage {
  /** The rows, in the order that was asked for. */
  readonly rows: readonly RequestLogRow[];
  /**
   * The cursor to go on with, `before` or `after` as it was asked. Absent where
   * there is nothing more. A page may have fewer rows than it might, or none,
   * and still say where to go on: only so many rows are looked at for one.
   */
  readonly next: number | undefined;
  /** The newest cursor there is; 0 where nothing was logged. */
  readonly newest: number;
}

/** Bounds of a {@linkcode RequestLog}. */
export interface RequestLogOptions {
  /** How many requests are kept. @default {5_000} */
  readonly maxRows?: number;
  /** How much memory they may take together, in bytes as they are estimated. @default {8_388_608} */
  readonly maxBytes?: number;
  /**
   * Gives the cursor of the next row by that of the last, which is 0 before the
   * first, and by when the next request ended: a whole number above the last.
   *
   * @default {one more}
   */
  readonly nextCursor?: (last: number, at: number) => number;
  /** What may not be kept. @default {keys of well-known looks} */
  readonly redactor?: Redactor;
}

/** How many rows one page looks at: some two milliseconds. */
const MAX_LOOKED = 1_000;
const MAX_LIMIT = 1_000;
/** How much is kept of a field that is no plain value. */
const MAX_VALUE = 2_048;

/**
 * The last requests, for people who look for one: bounded in rows and bytes,
 * without secrets, and read page by page, each of which costs the same however
 * much there is.
 *
 * @example The failures of one key
 * ```ts
 * import { RequestLog } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const log = new RequestLog({ maxRows: 1_000 });
 * log.add({ request_id: "r-1", key: "team-a", status: 200 });
 * log.add({ request_id: "r-2", key: "team-a", status: 502, error: "timeout" });
 * log.add({ request_id: "r-3", key: "team-b", status: 502 });
 *
 * const { rows } = log.page({ filter: { key: "team-a", status: "5xx" } });
 * assertEquals(rows.map(({ fields }) => fields.request_id), ["r-2"]);
 * ```
 */
export class RequestLog {
  readonly #redactor: Redactor;
  readonly #nextCursor: (last: number, at: number) => number;
  #limits: RowRingLimits;
  /** Made for the first row. */
  #ring: RowRing | undefined;
  #newest = 0;

  /**
   * Makes an empty log.
   *
   * @throws {RangeError} when a bound is no whole number.
   */
  constructor(options: RequestLogOptions = {}) {
    const { maxRows = 5_000, maxBytes = 8 * 1_024 * 1_024 } = options;
    this.#redactor = options.redactor ?? new Redactor();
    this.#nextCursor = options.nextCursor ?? ((last) => last + 1);
    this.#limits = checked({ maxRows, maxBytes });
  }

  /** How many requests there are. */
  get size(): number {
    const ring = this.#ring;
    return ring === undefined ? 0 : ring.newest - ring.oldest + 1;
  }

  /** How much memory they take, in bytes. */
  get bytes(): number {
    return this.#ring?.used ?? 0;
  }

  /** Changes the bounds; what no longer fits is forgotten, the oldest first. */
  resize({ maxRows, maxBytes }: Required<
    Pick<RequestLogOptions, "maxRows" | "maxBytes">
  >): void {
    this.#limits = checked({ maxRows, maxBytes });
    const old = this.#ring;
    if (old === undefined) return;
    const { limits, oldest, newest } = old;
    if (limits.maxRows === maxRows && limits.maxBytes === maxBytes) return;
    const ring = this.#ring = new RowRing(this.#limits);
    const first = Math.max(oldest, newest - maxRows + 1);
    for (let number = first; number <= newest; number++) {
      ring.put(old.get(number)!);
    }
  }

  /**
   * Takes a request that has ended; the oldest make room for it. Values that are
   * no texts, numbers or booleans are kept as JSON. One that is larger than all
   * the room is left out.
   *
   * @param fields What is known of it; those of the filters have the names of
   * {@linkcode RequestLogFilter}'s documentation.
   * @param at When it ended, in ms since 1970.
   */
  add(fields: LogFields, at: number = Date.now()): void {
    if (this.#limits.maxRows === 0) return;
    const text = plainJson(fields) ?? JSON.stringify(plainFields(fields));
    const clean = this.#redactor.redact(text);
    this.#ring ??= new RowRing(this.#limits);
    this.#newest = this.#nextCursor(this.#newest, at);
    this.#ring.put({
      cursor: this.#newest,
      at,
      text: clean === text ? text : this.#clean(text),
    });
  }

  /** A page of the rows that are wanted. */
  page(query: RequestLogQuery = {}): RequestLogPage {
    const { filter = {}, after, before } = query;
    const limit = Math.min(Math.max(1, query.limit ?? 50), MAX_LIMIT);
    const matches = matcherOf(filter);
    const rows: RequestLogRow[] = [];
    const step = after === undefined ? -1 : 1;
    const newest = this.#newest;
    const ring = this.#ring;
    if (ring === undefined) return { rows, next: undefined, newest };
    let number = after === undefined
      ? ring.find(before ?? Infinity) - 1
      : ring.find(after + 1);
    for (let looked = 0;; looked++, number += step) {
      const kept = ring.get(number);
      if (kept === undefined) return { rows, next: undefined, newest };
      const { cursor, at, text } = kept;
      if (rows.length === limit || looked === MAX_LOOKED) {
        return { rows, next: cursor - step, newest };
      }
      const row = { cursor, at, fields: JSON.parse(text) };
      if (matches(row)) rows.push(row);
    }
  }

  /** Looks at each text for itself: in one piece a secret may have hidden what JSON needs. */
  #clean(text: string): string {
    const fields: Record<string, RequestLogValue> = JSON.parse(text);
    for (const name of Object.keys(fields)) {
      const value = fields[name];
      if (typeof value === "string") {
        fields[name] = this.#redactor.redact(value);
      }
    }
    return JSON.stringify(fields);
  }
}

/** A copy with plain values, those alone that there are. */
function plainFields(fields: LogFields): Record<string, RequestLogValue> {
  const plain: Record<string, RequestLogValue> = {};
  for (const name of Object.keys(fields)) {
    const value = plainOf(fields[name]);
    if (value !== undefined) plain[name] = value;
  }
  return plain;
}

function plainOf(value: unknown): RequestLogValue | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "undefined":
    case "function":
    case "symbol":
      return undefined;
  }
  return renderValue(value, false).slice(0, MAX_VALUE);
}

function checked(limits: RowRingLimits): RowRingLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new RangeError(
      `RequestLog: '${name}' must be a whole number, not ${value}`,
    );
  }
  return limits;
}
