/**
 * Answers that nobody has recorded, before clients of every dialect: each kind
 * of turn from each provider, with what it has of its own. The suite takes
 * samples; `deno task test:replay` takes all.
 *
 * @module
 */

import type { Cell } from "./_cell.ts";
import { CHAT_CELLS } from "./_cells_chat.ts";
import { GEMINI_CELLS } from "./_cells_gemini.ts";
import { MESSAGES_CELLS } from "./_cells_messages.ts";
import { RESPONSES_CELLS } from "./_cells_responses.ts";
import { CLIENTS } from "./_replay_clients.ts";
import { FAMILIES, type Family } from "./_replay_families.ts";
import {
  type Pair,
  readsAlike,
  tellsCuts,
  tellsFailures,
} from "./_replay_matrix.ts";

const isFull = Deno.env.get("REPLAY") === "full";
/** Primes, so that samples go through turns and providers alike. */
const SHARES = { whole: 11, other: 29, faults: 797 } as const;

const CELLS: Readonly<Record<string, readonly Cell[]>> = {
  Chat: CHAT_CELLS,
  Responses: RESPONSES_CELLS,
  Anthropic: MESSAGES_CELLS,
  Gemini: GEMINI_CELLS,
};

for (const recorded of FAMILIES) {
  const family: Family = { ...recorded, recordings: CELLS[recorded.name]! };
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
    for (const manner of ["byte by byte", "in other forms"] as const) {
      test(
        `M1, M12: ${who} read ${what}, ${manner}`,
        () => readsAlike(pair(SHARES.other), manner),
      );
    }
    test(
      `L4, U6: ${who} are told where ${what} is cut`,
      () => tellsCuts(pair(SHARES.faults)),
    );
    test(
      `C29, L4: ${who} are told of failures within ${what}`,
      () => tellsFailures(pair(SHARES.faults)),
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
