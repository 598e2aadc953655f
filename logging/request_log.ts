import { renderValue } from "./_json_value.ts";
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
  /** What may not be kept. @default {keys of well-known looks} */
  readonly redactor?: Redactor;
}

interface Row extends RequestLogRow {
  readonly bytes: number;
}

/** How many rows one page looks at: some tenths of a millisecond. */
const MAX_LOOKED = 2_000;
const MAX_LIMIT = 1_000;
/** What is kept in two bytes a character. */
// deno-lint-ignore no-control-regex -- from the first character of one byte to the last
const WIDE = /[^\x00-\xff]/;
/** What a row takes besides its texts, in bytes. */
const ROW_BYTES = 500;
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
  #maxRows: number;
  #maxBytes: number;
  /** By cursor; those from the oldest to the newest are there. */
  #rows = new Map<number, Row>();
  #oldest = 1;
  #newest = 0;
  #bytes = 0;

  /**
   * Makes an empty log.
   *
   * @throws {RangeError} when a bound is no whole number.
   */
  constructor(options: RequestLogOptions = {}) {
    const { maxRows = 5_000, maxBytes = 8 * 1_024 * 1_024 } = options;
    this.#redactor = options.redactor ?? new Redactor();
    this.#maxRows = checked("maxRows", maxRows);
    this.#maxBytes = checked("maxBytes", maxBytes);
  }

  /** How many requests there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** How much memory they take, as it is estimated, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Changes the bounds; what no longer fits is forgotten, the oldest first. */
  resize({ maxRows, maxBytes }: Required<
    Pick<RequestLogOptions, "maxRows" | "maxBytes">
  >): void {
    this.#maxRows = checked("maxRows", maxRows);
    this.#maxBytes = checked("maxBytes", maxBytes);
    this.#shrink();
  }

  /**
   * Takes a request that has ended; the oldest make room for it. Values that are
   * no texts, numbers or booleans are kept as JSON.
   *
   * @param fields What is known of it; those of the filters have the names of
   * {@linkcode RequestLogFilter}'s documentation.
   * @param at When it ended, in ms since 1970.
   */
  add(fields: LogFields, at: number = Date.now()): void {
    if (this.#maxRows === 0) return;
    const plain: Record<string, RequestLogValue> = {};
    let text = "";
    for (const name in fields) {
      const value = plainOf(fields[name]);
      if (value === undefined) continue;
      plain[name] = value;
      if (typeof value === "string") text += `${value}\n`;
    }
    // Looked at once as a whole: hardly ever is anything found.
    if (this.#redactor.redact(text) !== text) this.#clean(plain);
    const cursor = ++this.#newest;
    const bytes = ROW_BYTES + text.length * (WIDE.test(text) ? 2 : 1);
    this.#rows.set(cursor, { cursor, at, fields: plain, bytes });
    this.#bytes += bytes;
    this.#shrink();
  }

  /** A page of the rows that are wanted. */
  page(query: RequestLogQuery = {}): RequestLogPage {
    const { filter = {}, after, before } = query;
    const limit = Math.min(Math.max(1, query.limit ?? 50), MAX_LIMIT);
    const matches = matcherOf(filter);
    const rows: RequestLogRow[] = [];
    const step = after === undefined ? -1 : 1;
    let cursor = after === undefined
      ? Math.min((before ?? Infinity) - 1, this.#newest)
      : Math.max(after + 1, this.#oldest);
    for (let looked = 0;; looked++, cursor += step) {
      const row = this.#rows.get(cursor);
      if (row === undefined) return this.#told(rows);
      if (rows.length === limit || looked === MAX_LOOKED) {
        return { ...this.#told(rows), next: cursor - step };
      }
      if (matches(row)) {
        const { cursor, at, fields } = row;
        rows.push({ cursor, at, fields });
      }
    }
  }

  #told(rows: readonly RequestLogRow[]): RequestLogPage {
    return { rows, next: undefined, newest: this.#newest };
  }

  #clean(fields: Record<string, RequestLogValue>): void {
    for (const name in fields) {
      const value = fields[name];
      if (typeof value === "string") {
        fields[name] = this.#redactor.redact(value);
      }
    }
  }

  #shrink(): void {
    while (
      this.#rows.size > this.#maxRows || this.#bytes > this.#maxBytes
    ) {
      const row = this.#rows.get(this.#oldest);
      if (row === undefined) return;
      this.#rows.delete(this.#oldest++);
      this.#bytes -= row.bytes;
    }
  }
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

function checked(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(
    `RequestLog: '${name}' must be a whole number, not ${value}`,
  );
}
