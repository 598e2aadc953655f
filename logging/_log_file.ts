import type { AppendFile, AppendFiles } from "./_append_file.ts";

const LINE_FEED = 10;
const LINE_END = new Uint8Array([LINE_FEED]);
/** How long after a rotation that failed the next is tried, in ms. */
const PAUSE = 1_000;

/** How a {@linkcode LogFile} is kept. */
export interface LogFileOptions {
  /** How long a file may become, in bytes. @default {Infinity} */
  readonly maxBytes?: number | undefined;
  /** How many files are kept, the current one included. @default {5} */
  readonly maxFiles?: number | undefined;
  readonly files: AppendFiles;
  /** A clock that never goes back, in ms. @default {performance.now} */
  readonly now?: (() => number) | undefined;
}

/**
 * A file of lines that is opened when it is written to, and again when it is
 * no longer where it was. When it is full it becomes `….1`, that `….2`, and so on.
 */
export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #maxFiles: number;
  readonly #files: AppendFiles;
  readonly #now: () => number;
  #file: AppendFile | undefined;
  #size = 0;
  /** Whether the latest write of this file's broke off within a line. */
  #midLine = false;
  #rotatesFrom = -Infinity;

  constructor(path: string, options: LogFileOptions) {
    this.#path = path;
    this.#maxBytes = options.maxBytes ?? Infinity;
    this.#maxFiles = options.maxFiles ?? 5;
    this.#files = options.files;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Writes as many whole lines as have room in a file; resolves with how many bytes that was. */
  async writeSome(bytes: Uint8Array): Promise<number> {
    let file = await this.#current();
    if (this.#mustRotate(file, bytes)) {
      await this.#rotate();
      file = await this.#current();
    }
    // What ends a broken line, where the file has none any more.
    if (bytes[0] === LINE_FEED && !this.#midLine) return 1;
    const part = file.isRegular ? this.#fitting(bytes) : bytes;
    const count = await file.write(part);
    this.#size += count;
    if (count > 0) this.#midLine = part[count - 1] !== LINE_FEED;
    return count;
  }

  /** Closes the file; the next write opens it again. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#midLine = false;
    await file?.close();
  }

  /** The file that has the name: another than before where somebody moved or removed that. */
  async #current(): Promise<AppendFile> {
    if (this.#file !== undefined) {
      const id = await this.#files.identify(this.#path).catch(() => "");
      if (id === this.#file.id) return this.#file;
      await this.close();
    }
    const file = await this.#files.open(this.#path);
    this.#size = file.size;
    // Whoever wrote it last was stopped in the middle.
    if (file.isTorn) this.#size += await mend(file);
    this.#file = file;
    return file;
  }

  #mustRotate({ isRegular }: AppendFile, bytes: Uint8Array): boolean {
    if (!isRegular || this.#size === 0 || this.#midLine) return false;
    const line = bytes.indexOf(LINE_FEED) + 1 || bytes.length;
    return this.#size + line > this.#maxBytes &&
      this.#now() >= this.#rotatesFrom;
  }

  /** The whole lines that have room, and one at least. */
  #fitting(bytes: Uint8Array): Uint8Array {
    const room = this.#maxBytes - this.#size;
    if (bytes.length <= room) return bytes;
    const end = room > 0 ? bytes.lastIndexOf(LINE_FEED, room - 1) : -1;
    const cut = end === -1 ? bytes.indexOf(LINE_FEED) : end;
    return cut === -1 ? bytes : bytes.subarray(0, cut + 1);
  }

  /** Where it can't be done the file goes on growing: too long a log is better than none. */
  async #rotate(): Promise<void> {
    await this.close();
    try {
      if (this.#maxFiles <= 1) return await this.#files.remove(this.#path);
      for (let number = await this.#firstFree(); number > 0; number--) {
        await this.#files.rename(this.#name(number - 1), this.#name(number));
      }
    } catch {
      this.#rotatesFrom = this.#now() + PAUSE;
    }
  }

  /** The number that the oldest file gets; the last one's is taken from it. */
  async #firstFree(): Promise<number> {
    const last = this.#maxFiles - 1;
    for (let number = 1; number < last; number++) {
      try {
        await this.#files.identify(this.#name(number));
      } catch {
        return number;
      }
    }
    return last;
  }

  #name(number: number): string {
    return number === 0 ? this.#path : `${this.#path}.${number}`;
  }
}

/** Ends the last line of a file. */
async function mend(file: AppendFile): Promise<number> {
  try {
    return await file.write(LINE_END);
  } catch (error) {
    await file.close();
    throw error;
  }
}
