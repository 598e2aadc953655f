// One who asks for far more than he may, and his neighbour who does not.
import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
} from "@std/assert";
import { Fleet } from "./_fleet.ts";
import { Load, type Served } from "./_load.ts";
import { tell } from "./_measured.ts";
import { percentile } from "./_rig.ts";

const GREEDY = "key-of-the-greedy-one-00";
const MODEST = "key-of-the-modest-one-00";
const RATE = 20;

function p99(served: readonly Served[]): number {
  return percentile(served.map(({ ms }) => ms), 0.99);
}

Deno.test("L6: one at ten times his limit takes nothing from another within his own, whichever limit it is", async () => {
  const limits = [
    `${RATE}/second`,
    `${RATE}/second, 8 concurrent`,
    `${RATE * 10} tokens/second`,
  ];
  for (const limit of limits) {
    await using fleet = await Fleet.start({
      names: ["a"],
      config:
        `auth: {api_keys: [{name: greedy, key: ${GREEDY}}, {name: modest, key: ${MODEST}}]}
rate_limit: {enabled: true, default: [${
          limit.split(", ").map((one) => `"${one}"`).join()
        }]}`,
    });
    using load = new Load(fleet.url);
    const ask = (key: string, rate: number, ms: number) =>
      load.open(() => ({
        model: "a/m",
        headers: { authorization: `Bearer ${key}` },
      }), { rate, ms });
    const alone = await ask(MODEST, 10, 300);
    const [greedy, modest] = await Promise.all([
      ask(GREEDY, 10 * RATE, 800),
      ask(MODEST, 10, 800),
    ]);
    assertEquals(
      [...alone, ...modest].filter(({ status }) => status !== 200),
      [],
      limit,
    );
    const served = greedy.filter(({ status }) => status === 200).length;
    const refused = greedy.filter(({ status }) => status === 429).length;
    tell(
      "L6",
      `${limit}: ${served} of ${greedy.length} of the greedy one served, ${modest.length} of ${modest.length} of the modest one; p99 ${
        Math.round(p99(alone))
      } ms alone, ${Math.round(p99(modest))} ms beside him`,
    );
    assertEquals(served + refused, greedy.length);
    assertGreater(refused, 0);
    assert(served > 0);
    // Of tokens he gets what his answers came to, which is less than he asks for.
    if (!limit.includes("tokens")) {
      assertLessOrEqual(served, greedy.length / 2);
    }
  }
});
