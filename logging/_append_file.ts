import * as nodeFs from "node:fs/promises";

const LINE_FEED = 10;
/** The owner writes, the group reads: lines tell who asked for what. */
const MODE = 0o640;

/** A file that is open for appending. */
export interface AppendFile {
  /** The same for the same file, whatever it is called by now. */
  readonly id: string;
  /** How long it was when it was opened. */
  readonly size: number;
  /** Whether it has a size at all: a device has none. */
  readonly isRegular: boolean;
  /** Whether its last line has no end. */
  readonly isTorn: boolean;
  /** Writes as much as there is room for; resolves with how much that was. */
  write(bytes: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** What a log file needs of a file system. */
export interface AppendFiles {
  open(path: string): Promise<AppendFile>;
  /** The `id` of what is there now; rejects where nothing is. */
  identify(path: string): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

function idOf(info: { dev: number; ino: number | null }): string {
  return `${info.dev}:${info.ino}`;
}

/** Deno's own calls: those of its `node:fs` hold up the process where a write waits. */
const DENO_FILES: AppendFiles = {
  async open(path) {
    const options = { append: true, create: true, read: true, mode: MODE };
    const file = await Deno.open(path, options);
    try {
      const info = await file.stat();
      let isTorn = false;
      if (info.isFile && info.size > 0) {
        const last = new Uint8Array(1);
        await file.seek(-1, Deno.SeekMode.End);
        isTorn = await file.read(last) === 1 && last[0] !== LINE_FEED;
      }
      return {
        id: idOf(info),
        size: info.size,
        isRegular: info.isFile,
        isTorn,
        write: (bytes) => file.write(bytes),
        close: () => Promise.resolve(file.close()),
      };
    } catch (error) {
      file.close();
      throw error;
    }
  },
  identify: async (path) => idOf(await Deno.stat(path)),
  rename: (from, to) => Deno.rename(from, to),
  remove: (path) => Deno.remove(path),
};

/** Where Deno is not: Node, Bun and others. */
export const NODE_FILES: AppendFiles = {
  async open(path) {
    const file = await nodeFs.open(path, "a+", MODE);
    try {
      const info = await file.stat();
      const isRegular = info.isFile();
      let isTorn = false;
      if (isRegular && info.size > 0) {
        const last = new Uint8Array(1);
        const { bytesRead } = await file.read(last, 0, 1, info.size - 1);
        isTorn = bytesRead === 1 && last[0] !== LINE_FEED;
      }
      return {
        id: idOf(info),
        size: info.size,
        isRegular,
        isTorn,
        write: async (bytes) =>
          (await file.write(bytes, 0, bytes.length)).bytesWritten,
        close: () => file.close(),
      };
    } catch (error) {
      await file.close();
      throw error;
    }
  },
  identify: async (path) => idOf(await nodeFs.stat(path)),
  rename: (from, to) => nodeFs.rename(from, to),
  remove: (path) => nodeFs.rm(path),
};

/** The file system as the runtime has it. */
export function appendFiles(): AppendFiles {
  return "Deno" in globalThis ? DENO_FILES : NODE_FILES;
}
