import { assert, assertEquals } from "@std/assert";
import { armOf, isShadowed } from "./canary.ts";
import type { RouteArm } from "./route.ts";

function arms(...shares: readonly number[]): RouteArm[] {
  return shares.map((share, index) => ({
    name: `${index}`,
    share,
    targets: [],
  }));
}

function shareOf(name: string, shares: readonly number[], arm: string): number {
  let count = 0;
  for (let subject = 0; subject < 10_000; subject++) {
    const got = armOf({ name, arms: arms(...shares) }, {
      subject: `u${subject}`,
    });
    if (got?.name === arm) count++;
  }
  return count / 10_000;
}

Deno.test("armOf() gives each arm its share of subjects", () => {
  assert(Math.abs(shareOf("r", [0.1, 0.3], "0") - 0.1) < 0.015);
  assert(Math.abs(shareOf("r", [0.1, 0.3], "1") - 0.3) < 0.02);
  assertEquals(shareOf("r", [0, 1], "1"), 1);
});

Deno.test("armOf() keeps a subject in its arm, also in one that grows", () => {
  for (let subject = 0; subject < 1_000; subject++) {
    const of = (share: number) =>
      armOf({ name: "r", arms: arms(share) }, { subject: `u${subject}` });
    assertEquals(of(0.05)?.name, of(0.05)?.name);
    if (of(0.05) !== undefined) assert(of(0.2) !== undefined);
  }
});

Deno.test("armOf() divides subjects differently for each route", () => {
  let both = 0;
  for (let subject = 0; subject < 4_000; subject++) {
    const inArm = (name: string) =>
      armOf({ name, arms: arms(0.5) }, { subject: `u${subject}` }) !==
        undefined;
    if (inArm("one") && inArm("two")) both++;
  }
  assert(Math.abs(both / 4_000 - 0.25) < 0.03, `${both}`);
});

Deno.test("armOf() draws at random where there is no subject", () => {
  const route = { name: "r", arms: arms(0.2, 0.2) };
  const drawn = [0.1, 0.3, 0.5].map((number) =>
    armOf(route, {}, () => number)?.name
  );
  assertEquals(drawn, ["0", "1", undefined]);
});

Deno.test("isShadowed() takes its share of requests, alike for the same request", () => {
  const route = { name: "r", shadow: { share: 0.1, targets: [] } };
  let count = 0;
  for (let request = 0; request < 10_000; request++) {
    const id = `req-${request}`;
    const shadowed = isShadowed(route, { id });
    assertEquals(isShadowed(route, { id }), shadowed);
    if (shadowed) count++;
  }
  assert(Math.abs(count / 10_000 - 0.1) < 0.015, `${count}`);
  assertEquals(isShadowed(route, {}, () => 0.05), true);
  assertEquals(isShadowed(route, {}, () => 0.5), false);
  assertEquals(
    isShadowed({ name: "r", shadow: undefined }, {}, () => 0),
    false,
  );
});
