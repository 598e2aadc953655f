import type { Citation } from "../citation.ts";
import type { LossReport } from "../loss_report.ts";
import { asText, isObject, type JsonObject } from "./_json.ts";

/** How many sources a text may have; further ones are told as lost. */
const MAX_CITATIONS = 256;

/** The words of a text that a citation is about. */
export interface CitedRange {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

/**
 * Makes a citation of what a provider tells of a source; `undefined` where it
 * has no address. A range that is none is left out.
 */
export function citationOf(
  source: {
    readonly url: unknown;
    readonly title?: unknown;
    readonly quote?: unknown;
  },
  { start, end }: CitedRange = {},
): Citation | undefined {
  const url = asText(source.url);
  if (url === "") return undefined;
  const title = asText(source.title);
  const quote = asText(source.quote);
  const isRange = isIndex(start) && isIndex(end) && start <= end;
  return {
    url,
    ...(title !== "" && { title }),
    ...(quote !== "" && { quote }),
    ...(isRange && { start, end }),
  };
}

/** Notes sources that no dialect's clients can be told of. */
export function loseCitations(losses: LossReport | undefined): void {
  losses?.add("dropped", "answer.citations", "no address on the web");
}

/**
 * Reads an OpenAI annotation, which chat answers nest in `url_citation` and
 * responses do not; `undefined` for other kinds, such as files.
 *
 * @param offset Where the text that it belongs to begins in what it counts in.
 */
export function readAnnotation(
  annotation: unknown,
  offset = 0,
): Citation | undefined {
  if (!isObject(annotation) || annotation.type !== "url_citation") {
    return undefined;
  }
  const { url_citation: nested } = annotation;
  const told: JsonObject = isObject(nested) ? nested : annotation;
  const { url, title, content: quote } = told;
  return citationOf({ url, title, quote }, {
    start: shifted(told.start_index, -offset),
    end: shifted(told.end_index, -offset),
  });
}

/** What an OpenAI annotation says, in the order in which OpenAI writes it. */
export function annotationOf(
  { url, title = "", start = 0, end }: Citation,
  { length, offset = 0 }: {
    /** How long the text is, for sources of the whole of it. */
    readonly length: number;
    readonly offset?: number;
  },
): JsonObject {
  return {
    start_index: start + offset,
    end_index: (end ?? length) + offset,
    title,
    url,
  };
}

/** The sources of an answer's texts as they come, each once. */
export class CitationList {
  readonly #losses: LossReport | undefined;
  readonly #seen = new Set<string>();
  readonly #urls = new Set<string>();
  #waiting: Citation[] = [];

  /** What can't be told goes on the report. */
  constructor(losses: LossReport | undefined) {
    this.#losses = losses;
  }

  /** Adds a source, unless it has come before; `undefined` is one without an address. */
  add(citation: Citation | undefined): void {
    if (citation === undefined || this.#seen.size >= MAX_CITATIONS) {
      return loseCitations(this.#losses);
    }
    const { url, start, end, quote } = citation;
    const key = JSON.stringify([url, start, end, quote]);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#urls.add(url);
    this.#waiting.push(citation);
  }

  /** Whether a source of this address has come, with or without a range. */
  hasUrl(url: string): boolean {
    return this.#urls.has(url);
  }

  /** Gives the sources that came since the last time, for the end of their text. */
  take(): { readonly citations?: readonly Citation[] } {
    if (this.#waiting.length === 0) return {};
    const citations = this.#waiting;
    this.#waiting = [];
    return { citations };
  }

  /** At the end of the answer: what has found no text is lost. */
  end(): void {
    if (this.#waiting.length > 0) {
      this.#losses?.add("dropped", "answer.citations", "no text to cite them");
    }
    this.#waiting = [];
  }
}

function shifted(index: unknown, by: number): number | undefined {
  return typeof index === "number" ? index + by : undefined;
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
