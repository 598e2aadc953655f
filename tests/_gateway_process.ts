/**
 * A gateway in a process of its own, for tests that look at its memory. Takes
 * the config as its argument; prints its address, and for each line that comes
 * in the memory that it takes now, what it took at most since the last line, and
 * for how long its loop was held up at most; for the line `used` the memory that
 * is in use, all that is left over taken away.
 *
 * @module
 */

import { startGateway } from "./_gateway.ts";

/** How often the memory is looked at, in ms. */
const LOOK_MS = 2;
/** By how much three looks may differ where nothing is given back any more. */
const STEADY_BYTES = 64 * 1024;

function print(line: unknown): void {
  // deno-lint-ignore no-console
  console.log(JSON.stringify(line));
}

/**
 * What is in use when all that is not has been collected: heap and what it holds
 * outside of it. Other threads give that back in their own time, so it is looked
 * at until it stays, and the median of the looks is told.
 */
async function inUse(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void };
  const looks: number[] = [];
  while (looks.length < 15) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { heapUsed, external } = Deno.memoryUsage();
    looks.push(heapUsed + external);
    const [a = 0, b = 0, c = 0] = looks.slice(-3);
    if (looks.length < 5) continue;
    if (Math.max(a, b, c) - Math.min(a, b, c) < STEADY_BYTES) break;
  }
  return looks.slice(-3).toSorted((a, b) => a - b)[1] ?? 0;
}

if (import.meta.main) {
  const gateway = await startGateway(Deno.args[0] ?? "");
  let peak = 0;
  let held = 0;
  let last = performance.now();
  const look = setInterval(() => {
    peak = Math.max(peak, Deno.memoryUsage().rss);
    const now = performance.now();
    held = Math.max(held, now - last - LOOK_MS);
    last = now;
  }, LOOK_MS);
  print({ url: gateway.url });
  for await (const line of Deno.stdin.readable) {
    if (line.length > 1) {
      print({ used: await inUse() });
      continue;
    }
    const { rss } = Deno.memoryUsage();
    print({ rss, peak: Math.max(peak, rss), held });
    peak = held = 0;
  }
  clearInterval(look);
  await gateway.close();
}
