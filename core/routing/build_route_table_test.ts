import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { buildRouteTable } from "./build_route_table.ts";
import type { RouteDefinition } from "./route_definition.ts";
import { testProvider, testTable } from "./_test_routing.ts";

const providers = [
  { provider: testProvider("a", ["listed"]) },
  { provider: testProvider("b") },
];

/** What is wrong, as `path: message`. */
function faultsOf(definitions: readonly RouteDefinition[]): string[] {
  const built = buildRouteTable(definitions, { providers });
  if (built.ok) return [];
  return built.faults.map(({ path, message }) =>
    `${path.join(".")}: ${message}`
  );
}

/** A route with these fallbacks. */
function route(
  match: string,
  ...fallbacks: readonly string[]
): RouteDefinition {
  return { match, targets: ["a/m"], fallbacks };
}

Deno.test("F6: everything that is wrong is told at once, with its place", () => {
  assertEquals(
    faultsOf([
      { match: "", targets: [] },
      { match: "a*b*", targets: ["c/m", "unlisted"] },
      { match: "x", targets: ["a/gpt-*", { model: "a/m", weight: -1 }] },
      { match: "x", targets: [{ model: "a/m", priority: NaN }] },
      {
        match: "y",
        targets: ["a/m"],
        strategy: "fastest" as "ordered",
        sticky: { maxLoad: 1 },
        hedge: { maxShare: 2 },
        shadow: { share: 2, target: "c/m" },
        arms: [
          { name: "", share: 0.6, targets: ["a/m"] },
          { name: "n", share: NaN, targets: ["c/m"] },
          { name: "n", share: 0.6, targets: [] },
        ],
        fallbacks: ["x", "nobody", "gpt-*"],
        contextWindowFallbacks: ["nobody"],
      },
    ]),
    [
      "0.match: A route needs a name",
      "0.targets: A route needs a target at least",
      "1.match: 'a*b*' has more than one '*'",
      "1.targets.0: Unknown target 'c/m': write 'provider/model', or a model that a provider lists",
      "1.targets.1: Unknown target 'unlisted': write 'provider/model', or a model that a provider lists",
      "2.targets.0: Target 'a/gpt-*' has a '*', but the name of its route has none",
      "2.targets.1.weight: Must be 0 or more",
      "3.targets.0.priority: Must be a number",
      "4.strategy: Unknown strategy",
      "4.sticky.maxLoad: Must be more than 1",
      "4.hedge: 'maxShare' must be from 0 to 1, not 2",
      "4.arms.0.name: An arm needs a name",
      "4.arms.1.share: Must be from 0 to 1",
      "4.arms.1.targets.0: Unknown target 'c/m': write 'provider/model', or a model that a provider lists",
      "4.arms.2.name: Another arm is called 'n' already",
      "4.arms.2.targets: A route needs a target at least",
      "4.shadow.share: Must be from 0 to 1",
      "4.shadow.target: Unknown target 'c/m': write 'provider/model', or a model that a provider lists",
      "3.match: Another route has the name 'x' already",
      "4.fallbacks.1: Unknown fallback 'nobody': name a route, a model that a provider lists, or 'provider/model'",
      "4.fallbacks.2: Fallback 'gpt-*' has a '*', but the name of its route has none",
      "4.contextWindowFallbacks.0: Unknown fallback 'nobody': name a route, a model that a provider lists, or 'provider/model'",
    ],
  );
});

Deno.test("F6: shares of arms that are more than 1 together are refused", () => {
  const arm = (name: string) => ({ name, share: 0.6, targets: ["a/m"] });
  assertEquals(
    faultsOf([{ match: "x", targets: ["a/m"], arms: [arm("1"), arm("2")] }]),
    ["0.arms: The shares of the arms are more than 1"],
  );
});

Deno.test("U20: a circle of fallbacks is refused, whatever its length", () => {
  assertEquals(faultsOf([route("x", "x")]), [
    "0.fallbacks.0: Fallbacks go in a circle: x -> x",
  ]);
  assertEquals(faultsOf([route("x", "y"), route("y", "listed", "x")]), [
    "1.fallbacks.1: Fallbacks go in a circle: x -> y -> x",
  ]);
  assertEquals(
    faultsOf([
      route("w", "x"),
      route("x", "y"),
      route("y", "z"),
      route("z", "x"),
    ]),
    ["3.fallbacks.0: Fallbacks go in a circle: x -> y -> z -> x"],
  );
});

Deno.test("U20: a circle through a pattern is found, and each of two circles", () => {
  assertEquals(
    faultsOf([
      { match: "gpt-*", targets: ["a/gpt-*"], fallbacks: ["y"] },
      route("y", "gpt-5"),
      route("z", "z"),
    ]),
    [
      "1.fallbacks.0: Fallbacks go in a circle: gpt-* -> y -> gpt-*",
      "2.fallbacks.0: Fallbacks go in a circle: z -> z",
    ],
  );
});

Deno.test("buildRouteTable() allows circles across kinds of failures", () => {
  assertEquals(
    faultsOf([
      { match: "small", targets: ["a/s"], contextWindowFallbacks: ["large"] },
      { match: "large", targets: ["a/l"], fallbacks: ["small"] },
    ]),
    [],
  );
});

Deno.test("buildRouteTable() finds a circle exactly where there is one", () => {
  const size = 6;
  const edge = fc.tuple(fc.nat(size - 1), fc.nat(size - 1));
  fc.assert(fc.property(fc.array(edge, { maxLength: 9 }), (edges) => {
    const definitions = Array.from({ length: size }, (_, from) =>
      route(
        `r${from}`,
        ...new Set(
          edges.filter((it) => it[0] === from).map((it) => `r${it[1]}`),
        ),
      ));
    // Without circles the routes without fallbacks can be taken away till none is left.
    let left = definitions;
    for (let round = 0; round < size; round++) {
      left = left.filter(({ fallbacks = [] }) =>
        fallbacks.some((name) => left.some(({ match }) => match === name))
      );
    }
    assertEquals(faultsOf(definitions).length > 0, left.length > 0);
  }));
});

Deno.test("FoundRoute.fallbacks has a route's own first, then theirs, each once", () => {
  const table = testTable([
    route("start", "x", "y"),
    route("x", "z", "listed"),
    route("y", "z", "b/other"),
    route("z"),
    {
      match: "long",
      targets: ["a/m"],
      fallbacks: ["x"],
      contextWindowFallbacks: ["b/large"],
      contentPolicyFallbacks: ["y"],
    },
  ], providers);
  const chains = (name: string) => {
    const match = table.match(name);
    assert(match);
    return match.fallbacks;
  };
  assertEquals(chains("start").error, ["x", "y", "z", "listed", "b/other"]);
  assertEquals(chains("long"), {
    error: ["x", "z", "listed"],
    contextWindow: ["b/large"],
    contentPolicy: ["y"],
  });
  assertEquals(chains("a/m").error, []);
});

Deno.test("FoundRoute.fallbacks fills in what the * stands for, on all the way", () => {
  const table = testTable([
    { match: "a/*", targets: ["a/*"], fallbacks: ["b/*", "listed"] },
    { match: "b/*", targets: ["b/*"], fallbacks: ["two-*"] },
    { match: "two-*", targets: ["a/two-*"] },
  ], providers);
  const match = table.match("a/gpt");
  assert(match);
  assertEquals(match.fallbacks.error, ["b/gpt", "listed", "two-gpt"]);
});

Deno.test("U20: a chain of twenty is cut at sixteen", () => {
  const definitions = Array.from(
    { length: 21 },
    (_, index) => route(`r${index}`, ...(index < 20 ? [`r${index + 1}`] : [])),
  );
  const table = testTable(definitions, providers);
  const match = table.match("r0");
  assert(match);
  assertEquals(match.fallbacks.error.length, 16);
});

Deno.test("buildRouteTable() refuses far too many routes", () => {
  const many = Array.from({ length: 10_001 }, (_, index) => route(`r${index}`));
  assertEquals(faultsOf(many), [": There are more than 10000 routes"]);
});

Deno.test("U20: a circle of ten thousand is found without trouble", () => {
  const size = 10_000;
  const definitions = Array.from(
    { length: size },
    (_, index) => route(`r${index}`, `r${(index + 1) % size}`),
  );
  assertEquals(faultsOf(definitions), [
    "9999.fallbacks.0: Fallbacks go in a circle: r0 -> r1 -> r2 -> r3 -> r4 -> r5 -> ... -> r9995 -> r9996 -> r9997 -> r9998 -> r9999 -> r0",
  ]);
});
