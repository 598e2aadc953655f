/**
 * A source on the web that a text of an answer rests on. Where neither `start`
 * nor `end` is told, it is a source of the whole text.
 */
export interface Citation {
  /** The source's address. */
  readonly url: string;
  /** The source's title. */
  readonly title?: string;
  /** What the source says, in its own words. */
  readonly quote?: string;
  /** Where the words that rest on it begin in their text, in UTF-16 units from 0. */
  readonly start?: number;
  /** Where they end: the unit behind the last one. */
  readonly end?: number;
}
