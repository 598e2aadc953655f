import { join } from "node:path";

const NAME = /^ledger-[\da-f-]{36}\.journal$/;
const encoder = new TextEncoder();
/** What lines are written from; longer ones get bytes of their own. */
const scratch = new Uint8Array(65_536);

/**
 * An append-only file that its process alone writes, and holds a lock on as
 * long as it lives: whoever gets the lock knows that the writer is gone.
 *
 * What was written survives the end of the process, however it comes, for the
 * operating system has it; it need not survive a failure of the power.
 */
export class LedgerJournal {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #size = 0;

  /**
   * Begins a journal in a directory.
   *
   * @throws {Error} when the disk does not take it.
   */
  constructor(directory: string) {
    [this.#path, this.#file] = create(directory);
  }

  /** How many bytes it has. */
  get size(): number {
    return this.#size;
  }

  /**
   * Appends lines: when it returns, the operating system has them.
   *
   * @throws {Error} when the disk does not take them.
   */
  append(lines: string): void {
    // A letter has up to three bytes.
    const bytes = 3 * lines.length <= scratch.length
      ? scratch.subarray(0, encoder.encodeInto(lines, scratch).written)
      : encoder.encode(lines);
    this.#size += bytes.length;
    writeAll(this.#file, bytes);
  }

  /** Ends it; `keep` where it holds what is nowhere else. */
  close(keep: boolean): void {
    this.#file.close();
    if (!keep) Deno.removeSync(this.#path);
  }
}

/** A journal whose writer is gone. */
export interface LeftJournal {
  readonly text: string;
  /** Removes it, or leaves it for later. */
  end(isDone: boolean): void;
}

/** The journals in a directory whose writers are gone; they are locked until they are ended. */
export function* leftJournals(directory: string): Generator<LeftJournal> {
  for (const { name, isFile } of Deno.readDirSync(directory)) {
    if (!isFile || !NAME.test(name)) continue;
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, name);
    const file = Deno.openSync(path, { read: true, write: true });
    if (!file.tryLockSync(true)) {
      file.close();
      continue;
    }
    yield {
      text: Deno.readTextFileSync(path),
      end(isDone): void {
        if (isDone) Deno.removeSync(path);
        file.close();
      },
    };
  }
}

function create(directory: string): [string, Deno.FsFile] {
  Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `ledger-${crypto.randomUUID()}.journal`);
  const file = Deno.openSync(path, {
    createNew: true,
    append: true,
    mode: 0o600,
  });
  file.tryLockSync(true);
  return [path, file];
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
}
