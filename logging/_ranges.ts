/** What stands in the place of a secret. */
const REDACTED = "[redacted]";

/** Parts of a text that are to be taken out: in order, apart from each other. */
export class Ranges {
  /** Start, end, start, end, … */
  readonly #bounds: number[] = [];

  /** Adds a part that starts no earlier than those before; joins it where they touch. */
  add(start: number, end: number): void {
    const last = this.#bounds.length - 1;
    const lastEnd = this.#bounds[last];
    if (lastEnd === undefined || start > lastEnd) this.#bounds.push(start, end);
    else if (end > lastEnd) this.#bounds[last] = end;
  }

  /** What stands in these parts of the text, each once. */
  textsIn(text: string): string[] {
    const texts = new Set<string>();
    for (let at = 0; at < this.#bounds.length; at += 2) {
      texts.add(text.slice(this.#bounds[at], this.#bounds[at + 1]));
    }
    return [...texts];
  }

  /** The text with `[redacted]` in the place of each part. */
  replaceIn(text: string): string {
    let result = "";
    let from = 0;
    for (let at = 0; at < this.#bounds.length; at += 2) {
      result += text.slice(from, this.#bounds[at]) + REDACTED;
      from = this.#bounds[at + 1] ?? text.length;
    }
    return from === 0 ? text : result + text.slice(from);
  }
}
