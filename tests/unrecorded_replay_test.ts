/**
 * Answers that nobody has recorded, before clients of every dialect: each kind
 * of turn from each provider, with what it has of its own. The suite takes
 * samples; `deno task test:replay` takes all.
 *
 * @module
 */

import { CLIENTS } from "./_replay_clients.ts";
import {
  type Pair,
  readsAlike,
  tellsCuts,
  tellsFailures,
} from "./_replay_matrix.ts";
import { UNRECORDED } from "./_unrecorded_families.ts";

const isFull = Deno.env.get("REPLAY") === "full";
/** Primes, so that samples go through turns and providers alike. */
const SHARES = { whole: 11, forms: 29 } as const;

for (const family of UNRECORDED) {
  for (const [offset, client] of CLIENTS.entries()) {
    const pair = (share: number): Pair => ({
      family,
      client,
      ...!isFull && { sample: { share, offset } },
    });
    const who = `${client.name} clients`;
    const what = `what ${family.name} providers may say`;
    test(
      `O1, J4, J8, J13: ${who} read ${what}`,
      () => readsAlike(pair(SHARES.whole), "in one piece"),
    );
    test(
      `M1: ${who} read ${what}, in other forms`,
      () => readsAlike(pair(SHARES.forms), "in other forms"),
    );
    if (!isFull) continue;
    test(
      `M12: ${who} read ${what}, byte by byte`,
      () => readsAlike(pair(1), "byte by byte"),
    );
    test(
      `L4, U6: ${who} are told where ${what} is cut`,
      () => tellsCuts(pair(1)),
    );
    test(
      `C29, L4: ${who} are told of failures within ${what}`,
      () => tellsFailures(pair(1)),
    );
  }
}

function test(name: string, run: () => Promise<number>): void {
  Deno.test(name, async () => {
    const count = await run();
    // deno-lint-ignore no-console
    console.log(`${count} of ${count}: ${name}`);
  });
}
