/** Descriptors that are not for callers: upstreams, logs, the store, and air. */
const RESERVE = 32;
/** Names the limit on open files: Deno lets only `--allow-all` read the system's own account of it. */
const OPEN_FILES = "LLM_PROXY_OPEN_FILES";

/** Where the limit on open files is learnt. */
export interface FileLimitOptions {
  readonly env?: (name: string) => string | undefined;
  /** The text of `/proc/self/limits`; throws where that can't be read. */
  readonly readLimits?: () => string;
}

/**
 * How many callers' connections the system's limit on open files allows: half
 * of it, less a reserve. A listener that runs out of descriptors stops
 * accepting for good (P4, C9).
 *
 * @returns `undefined` where nobody tells the limit.
 */
export function connectionRoom(
  { env = (name) => Deno.env.get(name), readLimits = ownLimits }:
    FileLimitOptions = {},
): number | undefined {
  const files = systemLimit(readLimits) ?? told(env(OPEN_FILES));
  if (files === undefined) return undefined;
  return Math.max(1, Math.floor(files / 2) - RESERVE);
}

function ownLimits(): string {
  return Deno.readTextFileSync("/proc/self/limits");
}

function systemLimit(readLimits: () => string): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readLimits())?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** Without a limit the shell says `unlimited`. */
function told(text = ""): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
