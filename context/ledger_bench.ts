import { join } from "node:path";
import { tmpdir } from "node:os";
import { Ledger } from "./ledger.ts";
import { MemoryStateStore } from "./memory_state_store.ts";
import { openStateStore } from "./open_state_store.ts";
import type { StateStore } from "./state_store.ts";

/** So many requests are one iteration: a thousandth of it is what one costs. */
const REQUESTS = 1_000;
/** So many are under way at a time, as in a turn of a busy loop. */
const AT_ONCE = 20;
const PRICE = { source: "config", version: "a1b2c3d4" };
const CHARGES = [["all", "*", "2026-11"]] as const;

let count = 0;

/** Intents of some requests, and then their ends. */
async function serve(ledger: Ledger): Promise<void> {
  const open = Array.from({ length: AT_ONCE }, () => {
    const entry = ledger.begin({
      id: `req_${(count++).toString(36).padStart(24, "0")}`,
      at: Date.now(),
      route: "/v1/chat/completions",
      key: "ci",
      user: "user",
      team: "team",
      model: "acme/acme-1",
    });
    const place = entry.attempt({
      provider: "acme",
      model: `acme-${count % 4}`,
      reserved: 4_000_000_000,
      price: PRICE,
      charges: CHARGES,
    });
    return { entry, place, secured: entry.secured() };
  });
  for (const { secured } of open) if (secured !== undefined) await secured;
  for (const { entry, place } of open) {
    entry.ended(place, {
      outcome: "ok",
      usage: {
        input: 1_000,
        cached: 400,
        cacheWrite: 0,
        output: 100,
        reasoning: 20,
      },
      cost: 1_400_000_000,
    });
    entry.settle({ status: 200, durationMs: 321 });
  }
}

/** Serves, and waits until all is in the store. */
async function serveAll(ledger: Ledger): Promise<void> {
  for (let served = 0; served < REQUESTS; served += AT_ONCE) {
    await serve(ledger);
  }
  await ledger.flush();
}

function bench(name: string, store: StateStore, directory?: string): void {
  const ledger = new Ledger({ store, directory });
  Deno.bench(`${REQUESTS} requests: ${name}`, async () => {
    await serveAll(ledger);
  });
}

const directory = join(tmpdir(), "llm-proxy-ledger-bench");
bench("in memory", new MemoryStateStore());
bench("in memory, with a journal", new MemoryStateStore(), directory);
bench(
  "in a file, with a journal",
  await openStateStore({ type: "file", directory }),
  directory,
);
