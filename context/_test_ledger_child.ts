import { Ledger } from "./ledger.ts";
import { openStateStore } from "./open_state_store.ts";

/** So many begin in one turn, and share a write to the journal. */
const AT_ONCE = 8;

/**
 * Serves requests as fast as it can until it is killed, and says of each, on
 * standard output, when its answer is delivered: `id`, a line each.
 */
const [directory = "", name = ""] = Deno.args;
const store = await openStateStore({ type: "file", directory });
const ledger = new Ledger({ store, directory, flushMs: 5 });
const encoder = new TextEncoder();

async function serve(n: number): Promise<void> {
  const id = `${name}-${n}`;
  const entry = ledger.begin({
    id,
    at: Date.now(),
    route: "/v1/x",
    key: `k${n % 3}`,
  });
  const place = entry.attempt({
    provider: "p",
    model: "m",
    reserved: 1_000,
    price: { source: "config", version: "1" },
    charges: [["all", "*", "total"]],
  });
  await entry.secured();
  // Delivered; settled later, as a stream's answer is.
  Deno.stdout.writeSync(encoder.encode(`${id}\n`));
  if (n % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  entry.ended(place, { outcome: "ok", cost: 400 });
  entry.settle({ status: 200, durationMs: 1 });
}

for (let n = 0;; n += AT_ONCE) {
  await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => serve(n + at)));
}
