import { findKeys } from "./_key_shapes.ts";
import { hasLeadIn } from "./_lead_ins.ts";
import {
  findPersonalData,
  PERSONAL_DATA,
  type PersonalData,
} from "./personal_data.ts";
import { MIN_SECRET, SecretIndex } from "./_secret_index.ts";
import { spellingsOf } from "./_spellings.ts";
import { findUrlSecrets } from "./_url_queries.ts";

/** Characters of all values together: each costs up to some hundred bytes. */
const MAX_TOTAL = 1_048_576;
/** Of longer values only so much is registered. */
const MAX_LENGTH = 4_096;
/** Longer texts are not remembered. */
const MAX_REMEMBERED = 65_536;

/**
 * Takes secrets out of text: the values it was given, queries, fragments and
 * user names of http(s) URLs, and whatever looks like a key of a well-known
 * kind (`sk-…`, `Bearer …`, JSON web tokens and others).
 *
 * A registered value is found whole, in runs of 12 characters and more, of 8
 * where these look drawn at random, and as it stands in JSON, in URLs and in
 * Base64. The time is linear in the length of the text, however many values are
 * registered. Data on persons is taken out where {@linkcode Redactor.personal}
 * says so.
 *
 * @example Usage
 * ```ts
 * import { Redactor } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const redactor = new Redactor(["correct-horse-battery"]);
 * assertEquals(
 *   redactor.redact("GET https://api.example/v1?key=abc with correct-horse-battery"),
 *   "GET https://api.example/v1?[redacted] with [redacted]",
 * );
 * ```
 */
export class Redactor {
  /** How often each value was added: two owners may share one. */
  readonly #values = new Map<string, number>();
  #total = 0;
  #index: SecretIndex | undefined;
  #personal: readonly PersonalData[] = [];
  /** The latest text that had no secret. */
  #clean = "";

  /**
   * Makes a redactor that knows some values from the start.
   *
   * @throws {RangeError} when they have more than 1,048,576 characters in all.
   */
  constructor(values: Iterable<string> = []) {
    for (const value of values) this.add(value);
  }

  /** The kinds of data on persons that are taken out besides. @default {none} */
  get personal(): readonly PersonalData[] {
    return this.#personal;
  }

  set personal(kinds: readonly PersonalData[]) {
    // In one order whatever was said: of an address with a number it is all of it.
    this.#personal = PERSONAL_DATA.filter((kind) => kinds.includes(kind));
    this.#clean = "";
  }

  /** The number of different values that are registered. */
  get size(): number {
    return this.#values.size;
  }

  /**
   * Registers a value. Of values over 4,096 characters the first 4,096 count.
   *
   * @param value The secret.
   * @returns `false` where it has fewer than 8 characters and is not registered.
   * @throws {RangeError} when the values have more than 1,048,576 characters in all.
   */
  add(value: string): boolean {
    if (value.length < MIN_SECRET) return false;
    const secret = value.slice(0, MAX_LENGTH);
    const count = this.#values.get(secret) ?? 0;
    if (count === 0) this.#resize(secret.length);
    this.#values.set(secret, count + 1);
    return true;
  }

  /** Takes back one {@linkcode Redactor.add | add} of a value. */
  remove(value: string): void {
    const secret = value.slice(0, MAX_LENGTH);
    const count = this.#values.get(secret) ?? 0;
    if (count > 1) this.#values.set(secret, count - 1);
    else if (this.#values.delete(secret)) this.#resize(-secret.length);
  }

  /** The text with `[redacted]` in the place of every secret. */
  redact(text: string): string {
    if (this.#endsClean(text)) return text;
    const known = this.#values.size === 0
      ? text
      : this.#indexed().find(text).replaceIn(text);
    let plain = known;
    if (hasLeadIn(known)) {
      plain = findUrlSecrets(known).replaceIn(known);
      plain = findKeys(plain).replaceIn(plain);
    }
    for (const kind of this.#personal) {
      plain = findPersonalData(plain, kind).replaceIn(plain);
    }
    if (plain === text && text.length <= MAX_REMEMBERED) this.#clean = text;
    return plain;
  }

  /**
   * Whether it is JSON whose fields are the last of a text that had no secret:
   * the same record as a line of the log and as a row of the last requests is
   * looked at once. A quotation mark is a border to all that is looked for.
   */
  #endsClean(text: string): boolean {
    const clean = this.#clean;
    return text.length <= clean.length + 1 && text.startsWith('{"') &&
      clean.slice(1 - text.length) === text.slice(1);
  }

  #resize(change: number): void {
    if (this.#total + change > MAX_TOTAL) {
      throw new RangeError(
        `Cannot register a value: all together have more than ${MAX_TOTAL} characters`,
      );
    }
    this.#total += change;
    this.#index = undefined;
    this.#clean = "";
  }

  /** Built at the first use after a change, so that changes in a row cost one. */
  #indexed(): SecretIndex {
    return this.#index ??= new SecretIndex(
      [...this.#values.keys()].flatMap(spellingsOf),
    );
  }
}
