import type { ConfigFault } from "./config_fault.ts";
import type { PathProblem } from "./_config_issues.ts";
import type { Lines } from "./_config_lines.ts";
import { formatPath } from "./_config_path.ts";
import type { ConfigTree } from "./_config_tree.ts";
import type { OffsetProblem } from "./_config_text_guard.ts";

/** More faults than anyone reads; the last one says that there are more. */
const MAX_FAULTS = 200;

interface Entry {
  readonly offset: number;
  readonly path: string;
  readonly message: string;
}

/** Collects the problems of one file and gives them out in the order of the file. */
export class FaultList {
  readonly #file: string;
  readonly #lines: Lines;
  readonly #entries = new Map<string, Entry>();
  #more = false;

  constructor(file: string, lines: Lines) {
    this.#file = file;
    this.#lines = lines;
  }

  /** Notes a problem of the text. */
  addAt({ offset, path, message }: OffsetProblem): void {
    this.#add({ offset, path: path ?? "", message }, `${offset} ${message}`);
  }

  /** Notes a problem of the data; nothing where the value has a problem of its own. */
  addIn(tree: ConfigTree, problem: PathProblem): void {
    const { path, key, hidden, message } = problem;
    const place = tree.place(path);
    if (place.broken) return;
    const offset = key ? place.keyOffset : place.offset;
    const told = formatPath(hidden ? path.slice(0, -1) : path);
    // What is wrong with a value is told once, by whoever noticed it first.
    this.#add({ offset, path: told, message }, `${offset} ${told}`);
  }

  #add(entry: Entry, id: string): void {
    if (this.#entries.has(id)) return;
    if (this.#entries.size >= MAX_FAULTS) this.#more = true;
    else this.#entries.set(id, entry);
  }

  /** The faults, sorted by position. */
  take(): ConfigFault[] {
    const faults = [...this.#entries.values()]
      .sort((a, b) => a.offset - b.offset || compare(a.message, b.message))
      .map(({ offset, path, message }) => ({
        file: this.#file,
        ...this.#lines.at(offset),
        path,
        message,
      }));
    const last = faults.at(-1);
    if (this.#more && last !== undefined) {
      const message = `Only the first ${MAX_FAULTS} problems are shown`;
      faults.push({ ...last, path: "", message });
    }
    return faults;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
