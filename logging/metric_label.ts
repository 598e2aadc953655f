import type { Redactor } from "./redactor.ts";

/** What stands for every value that a label does not take. */
export const OTHER = "other";
const MAX_LENGTH = 128;
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;
const NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Names that the formats give to labels of their own. */
const RESERVED: ReadonlySet<string> = new Set(["le", "quantile"]);

/** Which values a label takes. */
export interface MetricLabelOptions {
  /** All the values there are. @default {those that come} */
  readonly values?: readonly string[];
  /** How many values it takes, where they are not given. @default {64} */
  readonly max?: number;
  /**
   * Whether it takes a value at its first use. Otherwise only those given to
   * {@linkcode MetricLabel.add}, which is how names that a caller chose are
   * kept out until they have proved to be names.
   *
   * @default {true}
   */
  readonly auto?: boolean;
  /** What OpenTelemetry's conventions call it. @default {its name} */
  readonly conventional?: string;
}

/**
 * A name and the values that it may have. A value that is not taken, for there
 * are too many, for it is longer than 128 characters, has control characters,
 * looks like a secret or contains one, becomes `other`. An empty value is as
 * good as no label.
 *
 * @example Values that are known, and values that come
 * ```ts
 * import { MetricsCollector } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const metrics = new MetricsCollector();
 * const method = metrics.label("method", { values: ["GET", "POST"] });
 * const route = metrics.label("route", { max: 2 });
 * assertEquals(method.resolve("BREW"), "other");
 * assertEquals(["/a", "/b", "/c", "/a"].map((path) => route.resolve(path)), [
 *   "/a",
 *   "/b",
 *   "other",
 *   "/a",
 * ]);
 * ```
 */
export class MetricLabel<N extends string = string> {
  /** The label's name. */
  readonly name: N;
  /** What OpenTelemetry's conventions call it. */
  readonly conventional: string;
  /** How many values there can ever be, where they were all given. */
  readonly fixedSize: number | undefined;
  readonly #values: Set<string>;
  readonly #max: number;
  readonly #auto: boolean;
  readonly #redactor: Redactor;

  /**
   * Made by {@linkcode MetricsCollector.label}.
   *
   * @throws {RangeError} when the name is not one, or `max` is no whole number.
   */
  constructor(
    name: N,
    options: MetricLabelOptions & { readonly redactor: Redactor },
  ) {
    const { values, max = values?.length ?? 64, auto = true } = options;
    if (!NAME.test(name) || RESERVED.has(name)) {
      throw new RangeError(`'${name}' is no name for a label`);
    }
    if (!Number.isSafeInteger(max) || max < 0) {
      throw new RangeError(
        `Label '${name}': 'max' must be a whole number, not ${max}`,
      );
    }
    this.name = name;
    this.conventional = options.conventional ?? name;
    this.#redactor = options.redactor;
    this.#max = max;
    this.#auto = auto && values === undefined;
    this.#values = new Set(values);
    // One for `other` and one for no value.
    this.fixedSize = values && this.#values.size + 2;
  }

  /** Takes a value. Returns `false` where it is not taken. */
  add(value: string): boolean {
    if (this.#values.has(value)) return true;
    if (this.#values.size >= this.#max || !this.admits(value)) return false;
    this.#values.add(value);
    return true;
  }

  /** The value, or `other` where it is not taken. */
  resolve(value: string): string {
    if (this.#values.has(value) || value === "") return value;
    return this.#auto && this.add(value) ? value : OTHER;
  }

  /** Whether a value is fit to be shown, whatever has been taken so far. */
  admits(value: string): boolean {
    if (typeof value !== "string" || value.length > MAX_LENGTH) return false;
    if (value === "" || this.#values.has(value)) return true;
    return this.fixedSize === undefined && !CONTROL.test(value) &&
      value.isWellFormed() && this.#redactor.redact(value) === value;
  }
}

/** The values of some labels in their order. */
export type LabelValues<L extends readonly MetricLabel[]> = {
  readonly [K in keyof L]: string;
};

/** The values of some labels by their names. */
export type LabelRecord<L extends readonly MetricLabel[]> = {
  readonly [N in L[number]["name"]]: string;
};
