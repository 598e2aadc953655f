/** Descriptors that are not for callers: upstreams, logs, the store, and air. */
const RESERVE = 32;

/**
 * How many callers' connections the system's limit on open files allows: half
 * of it, less a reserve. A listener that runs out of descriptors stops
 * accepting for good (P4, C9).
 *
 * @returns `undefined` where the system tells no limit.
 */
export function connectionRoom(): number | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync("/proc/self/limits");
  } catch {
    return undefined;
  }
  const soft = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  if (soft === undefined) return undefined;
  return Math.max(1, Math.floor(Number(soft) / 2) - RESERVE);
}
