import { open, stat } from "node:fs/promises";
import { dirname } from "node:path";

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "its directory does not exist"],
  ["ENOTDIR", "its directory is a file"],
  ["EISDIR", "it is a directory"],
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["EROFS", "the file system is read-only"],
  ["ENOSPC", "no space is left"],
  ["ELOOP", "its links lead in a circle"],
]);

/**
 * Why no log can be written to a file, in one sentence; nothing where it can.
 *
 * @param file Its path.
 * @param opens Whether that is tried, by which the file is there afterwards.
 */
export async function logFileFault(
  file: string,
  { opens }: { readonly opens: boolean },
): Promise<string | undefined> {
  try {
    const info = await statOf(file);
    if (info?.isDirectory()) return REASONS.get("EISDIR");
    if (info !== undefined && !info.isFile()) return "it is no regular file";
    if (info === undefined && !(await stat(dirname(file))).isDirectory()) {
      return REASONS.get("ENOTDIR");
    }
    if (opens) await (await open(file, "a", 0o640)).close();
    return undefined;
  } catch (error) {
    const { code, name } = error as { code?: unknown; name?: unknown };
    if (name === "NotCapable") {
      const place = dirname(file);
      return `Deno may not use it: allow it with --allow-read=${place} --allow-write=${place}`;
    }
    return REASONS.get(code) ?? `it can't be opened (${String(code ?? name)})`;
  }
}

async function statOf(
  file: string,
): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  try {
    return await stat(file);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}
