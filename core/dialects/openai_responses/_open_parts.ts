import type { AnswerEvent } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { CitationList, loseCitations, readAnnotation } from "../_citations.ts";
import { invalidAnswer } from "../_invalid_answer.ts";

/** More parts than any answer has at once. */
const MAX_OPEN = 1_000;

/** What begins a part, but for its number. */
export type PartStart = AnswerEvent extends infer Event
  ? Event extends { type: "part_start" } ? Omit<Event, "type" | "part"> : never
  : never;

interface OpenPart {
  readonly number: number;
  hasText: boolean;
  citations?: CitationList;
}

/** The parts of a streamed answer, by where the provider has them. */
export class OpenParts {
  readonly #open = new Map<string, OpenPart>();
  readonly #losses: LossReport | undefined;
  #count = 0;

  /** What can't be told goes on the report. */
  constructor(losses?: LossReport) {
    this.#losses = losses;
  }

  /** How many parts have begun. */
  get count(): number {
    return this.#count;
  }

  /** Begins a part, unless it has begun. */
  start(place: string, start: PartStart): AnswerEvent[] {
    if (this.#open.has(place)) return [];
    if (this.#open.size === MAX_OPEN) throw invalidAnswer("has too many parts");
    const number = this.#count++;
    this.#open.set(place, { number, hasText: false });
    return [{ type: "part_start", part: number, ...start }];
  }

  /** Adds to a part. */
  grow(place: string, text: string): AnswerEvent[] {
    const part = this.#open.get(place);
    if (!part || text === "") return [];
    part.hasText = true;
    return [{ type: "part_delta", part: part.number, text }];
  }

  /** Adds a source to a part. */
  cite(place: string, annotation: unknown): void {
    const part = this.#open.get(place);
    if (part === undefined) return loseCitations(this.#losses);
    part.citations ??= new CitationList(this.#losses);
    part.citations.add(readAnnotation(annotation));
  }

  /** Ends a part. Its whole text counts where no delta came. */
  end(place: string, whole = ""): AnswerEvent[] {
    const part = this.#open.get(place);
    if (!part) return [];
    const rest = part.hasText ? [] : this.grow(place, whole);
    this.#open.delete(place);
    const cited = part.citations?.take();
    return [...rest, { type: "part_end", part: part.number, ...cited }];
  }

  /** Ends all parts whose place begins so. */
  endAll(prefix = ""): AnswerEvent[] {
    const places = [...this.#open.keys()].filter((place) =>
      place.startsWith(prefix)
    );
    return places.flatMap((place) => this.end(place));
  }
}
