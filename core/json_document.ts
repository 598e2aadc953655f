/** A JSON object with its text and the places of its top-level values. */
export interface JsonDocument {
  /** The text as it came, a byte order mark removed. */
  readonly text: string;
  /** The parsed object. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Start and end of each top-level value in `text`, by key. */
  readonly spans: ReadonlyMap<string, readonly [start: number, end: number]>;
}
