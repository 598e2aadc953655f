import { readFileSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { MAX_TEXT } from "./_config_max_text.ts";

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "The file does not exist"],
  ["ENOTDIR", "The file does not exist"],
  ["EISDIR", "Not a file but a directory"],
  ["EACCES", "The file may not be read: permission denied"],
  ["EPERM", "The file may not be read: permission denied"],
  ["EFBIG", "The file is larger than 1 MiB"],
  ["EINVAL", "Not a regular file"],
  ["NotCapable", "The file may not be read: allow it with --allow-read"],
]);

/** The text of a config file, or one sentence that says why there is none. */
export async function readConfigFile(
  file: string,
): Promise<{ readonly text: string } | { readonly message: string }> {
  let bytes: Uint8Array;
  try {
    bytes = await readBounded(file);
  } catch (error) {
    return { message: reasonOf(error) };
  }
  if (bytes.length > MAX_TEXT) {
    return { message: "The file is larger than 4 MiB" };
  }
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(bytes) };
  } catch {
    return { message: "The file is not UTF-8 text" };
  }
}

/** Reads a file, and one byte past the limit where there is more. */
async function readBounded(file: string): Promise<Uint8Array> {
  const handle = await open(file, "r");
  try {
    const chunks: Uint8Array[] = [];
    for (let left = MAX_TEXT + 1; left > 0;) {
      const chunk = new Uint8Array(Math.min(left, 64 * 1024));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length);
      if (bytesRead === 0) break;
      chunks.push(chunk.subarray(0, bytesRead));
      left -= bytesRead;
    }
    return await new Blob(chunks as Uint8Array<ArrayBuffer>[]).bytes();
  } finally {
    await handle.close();
  }
}

/** More than any bundle of certificates has, in bytes. */
const MAX_NAMED_FILE = 1024 * 1024;

/** The text of a file that a config names. Throws what {@linkcode reasonOf} understands. */
export function readNamedFile(file: string): string {
  const stat = statSync(file);
  const code = stat.isDirectory()
    ? "EISDIR"
    : !stat.isFile()
    ? "EINVAL"
    : stat.size > MAX_NAMED_FILE
    ? "EFBIG"
    : undefined;
  if (code !== undefined) {
    throw Object.assign(new Error(`Cannot read the file: ${code}`), { code });
  }
  return readFileSync(file, "utf8");
}

/** Why a file could not be read, in one sentence that does not name it. */
export function reasonOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return REASONS.get(code) ?? REASONS.get(name) ?? "The file cannot be read";
}
