import { assert, assertEquals } from "@std/assert";
import type { HedgeOptions } from "./hedge_policy.ts";
import { Hedges } from "./hedges.ts";
import type { Route } from "./route.ts";
import { testProvider, testTable } from "./_test_routing.ts";

function routeOf(hedge: HedgeOptions): Route {
  const targets = ["a/x", "a/y"];
  const table = testTable([{ match: "m", targets, hedge }], [
    { provider: testProvider("a") },
  ]);
  return table.match("m")!.route;
}

Deno.test("F5: what a route has saved up for hedges outlives a reload, unless its policy changed or it is gone", () => {
  const hedges = new Hedges();
  const before = hedges.of(routeOf({ maxShare: 1 }));
  before?.deposit();
  const same = routeOf({ maxShare: 1 });
  assert(hedges.of(same) === before);
  assert(hedges.of(same) === before);
  assertEquals(hedges.of(routeOf({ maxShare: 0.5 }))?.left, 0);
  hedges.retain(["m"]);
  assertEquals(hedges.size, 1);
  hedges.retain([]);
  assertEquals(hedges.size, 0);
});
