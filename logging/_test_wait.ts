/** As long as anything takes on a machine that is busy with other things, in ms. */
const MOST_MS = 60_000;

/** Resolves after some milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until something holds, and fails where it never does. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what = "it came to hold",
): Promise<void> {
  const end = performance.now() + MOST_MS;
  for (let ms = 1; !await holds(); ms = Math.min(10, ms * 2)) {
    if (performance.now() > end) throw new Error(`Never: ${what}`);
    await pause(ms);
  }
}
