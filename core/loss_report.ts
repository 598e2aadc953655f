/** What happened to a field that a translation could not carry over as it was. */
export type LossAction = "dropped" | "changed" | "approximated";

/** One thing that a translation did not carry over as it was. */
export interface Loss {
  /** What happened to the field. */
  readonly action: LossAction;
  /**
   * The caller's field, for example `logit_bias` or `messages[2].audio`. Fields
   * of the answer begin with `answer.`, for example `answer.citations`.
   */
  readonly field: string;
  /** Where it could not go, or what became of it; a few words. */
  readonly detail: string;
}

/** How many losses a report names; further ones are counted. */
const MAX_LOSSES = 32;

/** How many characters of a field or a detail are kept: both may be a caller's words. */
const MAX_TEXT = 100;

/**
 * The list of everything that the translation of a request and of its answer
 * changed, dropped or approximated. At most 32 entries are kept, further ones are counted, repeated
 * ones each time; of each text at most 100 characters are kept.
 *
 * @example As a header
 * ```ts
 * import { LossReport } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const report = new LossReport();
 * report.add("dropped", "logit_bias", "anthropic");
 * assertEquals(report.toString(), "dropped: logit_bias (anthropic)");
 * ```
 */
export class LossReport {
  readonly #losses: Loss[] = [];
  #more = 0;

  /** Notes one loss; the same loss is noted once. */
  add(action: LossAction, field: string, detail: string): void {
    const entry = { action, field: clip(field), detail: clip(detail) };
    const known = this.#losses.some((loss) =>
      loss.action === action && loss.field === entry.field &&
      loss.detail === entry.detail
    );
    if (known) return;
    if (this.#losses.length < MAX_LOSSES) this.#losses.push(entry);
    else this.#more++;
  }

  /** Whether nothing was lost. */
  get empty(): boolean {
    return this.#losses.length === 0;
  }

  /** The losses, in the order in which they were noted. */
  get losses(): readonly Loss[] {
    return this.#losses;
  }

  /** One line fit for a header: visible ASCII, entries joined by `; `. */
  toString(): string {
    const entries = this.#losses.map(({ action, field, detail }) =>
      `${action}: ${field} (${detail})`
    );
    if (this.#more > 0) entries.push(`and ${this.#more} more`);
    return entries.join("; ").replace(/[^\x20-\x7e]/g, "?");
  }
}

function clip(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 3)}...`;
}
