/**
 * Recordings of every dialect before clients of every dialect. The suite takes
 * samples; `deno task test:replay` takes all.
 *
 * @module
 */

import { CLIENTS } from "./_replay_clients.ts";
import { FAMILIES, type Family } from "./_replay_families.ts";
import {
  type Manner,
  type Pair,
  readsAlike,
  tellsCuts,
  tellsFailures,
} from "./_replay_matrix.ts";

/** How many other forms of each recording are sent where all are. */
const FORMS = 8;
const isFull = Deno.env.get("REPLAY") === "full";

/** One of how many the suite takes, so that all pairs together take each recording. */
const SHARES: Readonly<Record<Manner | "faults", number>> = {
  "in one piece": 2,
  "byte by byte": 8,
  "with other line ends": 4,
  "in other forms": 24,
  faults: 16,
};

for (const family of FAMILIES) {
  for (const [offset, client] of CLIENTS.entries()) {
    const pair = (share: number): Pair => ({
      family,
      client,
      ...isFull ? { forms: FORMS } : { sample: { share, offset } },
    });
    const who = `${client.name} clients`;
    const what = `${family.name} recordings`;
    for (
      const manner of [
        "in one piece",
        "byte by byte",
        "with other line ends",
        "in other forms",
      ] as const
    ) {
      test(
        family,
        `M1, M12: ${who} read ${what} as their own SDK does, ${manner}`,
        () => readsAlike(pair(SHARES[manner]), manner),
      );
    }
    test(
      family,
      `L4, U6: ${who} are told where ${what} are cut`,
      () => tellsCuts(pair(SHARES.faults)),
    );
    test(
      family,
      `C29, L4: ${who} are told of failures within ${what}`,
      () => tellsFailures(pair(SHARES.faults)),
    );
  }
}

function test(
  { recordings }: Family,
  name: string,
  run: () => Promise<number>,
): void {
  Deno.test({
    name,
    ignore: recordings.length === 0,
    async fn() {
      const count = await run();
      // deno-lint-ignore no-console
      console.log(`${count} of ${count}: ${name}`);
    },
  });
}
