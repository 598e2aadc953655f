import { assert, assertEquals } from "@std/assert";
import type { RouteTable } from "./route_table.ts";
import type { RoutedProvider } from "./routed_provider.ts";
import { testProvider, testTable } from "./_test_routing.ts";

function entry(
  name: string,
  { models, ...rest }:
    & Omit<Partial<RoutedProvider>, "provider" | "models">
    & { readonly models?: readonly string[] } = {},
): RoutedProvider {
  return { provider: testProvider(name, models), ...rest };
}

/** Where a name leads, as `provider: model` of each candidate. */
function where(table: RouteTable, name: string): string[] {
  return table.match(name)?.candidates
    .map(({ provider, model }) => `${provider.name}: ${model}`) ?? [];
}

Deno.test("RouteTable.match() takes an address apart at its first slash", () => {
  const table = testTable([], [entry("a"), entry("b")]);
  assertEquals(where(table, "a/m"), ["a: m"]);
  assertEquals(where(table, "b/org/m"), ["b: org/m"]);
  assertEquals(where(table, "a/"), []);
  assertEquals(where(table, "/m"), []);
  assertEquals(where(table, "c/m"), []);
});

Deno.test("RouteTable.match() gives the same for a name as before, however many others were asked for", () => {
  let listing: readonly string[] = ["a"];
  const table = testTable(
    [{ match: "fast-*", targets: ["a/*"] }],
    [entry("a", { models: ["m"] }), entry("b", { models: ["n"] })],
    () => listing,
  );
  const ask = (): string[][] =>
    ["fast-x", "b/y", "n", "found", "fast-"].map((name) => where(table, name));
  const before = ask();
  assertEquals(before, [["a: x"], ["b: y"], ["b: n"], ["a: found"], [
    "a: fast-",
  ]]);
  for (let i = 0; i < 3_000; i++) {
    assertEquals(where(table, `b/made-up-${i}`), [`b: made-up-${i}`]);
  }
  assertEquals(ask(), before);
  // What only a catalogue knows may be elsewhere by now.
  listing = ["b"];
  assertEquals(where(table, "found"), ["b: found"]);
});

Deno.test("RouteTable.match() finds a bare name in the config's lists, by priority", () => {
  const table = testTable([], [
    entry("late", { models: ["m", "org/m"] }),
    entry("early", { models: ["m"], priority: 1 }),
  ]);
  assertEquals(where(table, "m"), ["early: m", "late: m"]);
  assertEquals(where(table, "org/m"), ["late: org/m"]);
  assertEquals(table.knows("x"), false);
});

Deno.test("RouteTable.match() finds a bare name in the lists of the providers", () => {
  const table = testTable(
    [],
    [entry("late"), entry("early", { priority: 1 })],
    (model) => model === "m" ? ["late", "early", "gone"] : [],
  );
  assertEquals(where(table, "m"), ["early: m", "late: m"]);
  assertEquals(table.knows("m"), true);
  assertEquals(table.knows("n"), false);
});

Deno.test("RouteTable.match() makes no deployments of names that callers choose", () => {
  const table = testTable([], [entry("a")], () => ["a"]);
  const { length } = table.deployments;
  for (let index = 0; index < 100; index++) {
    assertEquals(where(table, `m${index}`), [`a: m${index}`]);
    assertEquals(where(table, `a/n${index}`), [`a: n${index}`]);
  }
  assertEquals(table.deployments.length, length);
});

Deno.test("RouteTable.match() gives bare names that no route has to the forced provider", () => {
  const table = testTable(
    [{ match: "fast", targets: ["a/x"] }],
    [entry("a", { models: ["m"] }), entry("b", { forced: true })],
    () => ["a"],
  );
  assertEquals(where(table, "m"), ["b: m"]);
  assertEquals(where(table, "anything"), ["b: anything"]);
  assertEquals(where(table, "a/m"), ["a: m"]);
  assertEquals(where(table, "fast"), ["a: x"]);
});

Deno.test("RouteTable.match() trusts the one open provider, not one of several", () => {
  const one = testTable([], [entry("a"), entry("mock")]);
  assertEquals(where(one, "m"), ["a: m"]);
  assertEquals(one.knows("m"), false);
  const two = testTable([], [entry("a"), entry("b")]);
  assertEquals(where(two, "m"), []);
});

Deno.test("RouteTable.match() prefers a name to a pattern, and long patterns to short ones", () => {
  const table = testTable([
    { match: "*", targets: ["a/rest"] },
    { match: "gpt-*", targets: ["a/short"] },
    { match: "gpt-5*", targets: ["a/long"] },
    { match: "gpt-5", targets: ["a/exact"] },
  ], [entry("a", { models: ["gpt-5-listed", "listed"] })]);
  assertEquals(where(table, "gpt-5"), ["a: exact"]);
  assertEquals(where(table, "gpt-5-pro"), ["a: long"]);
  assertEquals(where(table, "gpt-4"), ["a: short"]);
  assertEquals(where(table, "gpt-5-listed"), ["a: long"]);
  assertEquals(where(table, "listed"), ["a: listed"]);
  assertEquals(where(table, "other"), ["a: rest"]);
});

Deno.test("RouteTable.match() leaves an address to its provider unless a pattern spells that", () => {
  const table = testTable([
    { match: "*", targets: ["b/*"] },
    { match: "*-mini", targets: ["b/*"] },
    { match: "x/gpt-*", targets: ["b/gpt-*"] },
  ], [entry("x"), entry("b")]);
  assertEquals(where(table, "x/o4-mini"), ["x: o4-mini"]);
  assertEquals(where(table, "x/gpt-5-mini"), ["b: gpt-5-mini"]);
  assertEquals(where(table, "o4-mini"), ["b: o4"]);
  assertEquals(where(table, "y/m"), ["b: y/m"]);
});

Deno.test("RouteTable.candidates() fills in what the * stands for", () => {
  const table = testTable([
    {
      match: "gpt-*",
      targets: ["a/gpt-*", "b/openai/gpt-*-latest", "a/fixed"],
    },
  ], [entry("a"), entry("b")]);
  assertEquals(where(table, "gpt-5"), [
    "a: gpt-5",
    "b: openai/gpt-5-latest",
    "a: fixed",
  ]);
});

Deno.test("RouteTable.candidates() gives a model that the config names its own settings", () => {
  const models = new Map([["gpt-5", { contextWindow: 100 }]]);
  const table = testTable(
    [{ match: "gpt-*", targets: ["a/gpt-*"] }],
    [{ ...entry("a", { settings: { contextWindow: 10 } }), models }],
  );
  const windows = ["gpt-5", "gpt-4", "a/gpt-5", "a/gpt-4"].map((name) => {
    const match = table.match(name);
    assert(match);
    return table.candidates(match.route.targets, match.capture)
      .map(({ deployment }) => deployment.contextWindow);
  });
  assertEquals(windows, [[100], [10], [100], [10]]);
});

Deno.test("RouteTable.candidates() has one for each key, which share the weight", () => {
  const provider = testProvider("a", ["m"]);
  const moreKeys = [testProvider("a"), testProvider("a")];
  const table = testTable(
    [{ match: "r", targets: [{ model: "a/m", weight: 6 }, "a/n"] }],
    [{ provider, moreKeys }],
  );
  const match = table.match("r");
  assert(match);
  assertEquals(
    match.route.targets.map(({ deployment, weight, rank }) => [
      deployment.id,
      weight,
      rank,
    ]),
    [
      ["a/m", 2, 0],
      ["a/m#1", 2, 0],
      ["a/m#2", 2, 0],
      ["a/n", 1 / 3, 1],
      ["a/n#1", 1 / 3, 1],
      ["a/n#2", 1 / 3, 1],
    ],
  );
  assert(match.route.targets[1]?.provider === moreKeys[0]);
});

Deno.test("RouteTable ranks targets by priority, and by their order where that is the strategy", () => {
  const targets = [
    { model: "a/1", priority: 5 },
    "a/2",
    "a/3",
  ];
  const table = testTable([
    { match: "ordered", targets },
    { match: "busy", targets, strategy: "least_busy" },
  ], [entry("a")]);
  const ranks = (name: string) =>
    table.match(name)?.route.targets.map(({ model, rank }) => [model, rank]);
  assertEquals(ranks("ordered"), [["2", 0], ["3", 1], ["1", 2]]);
  assertEquals(ranks("busy"), [["2", 0], ["3", 0], ["1", 5]]);
});

Deno.test("X16: names of prototypes and odd names are data", () => {
  const table = testTable(
    [{ match: "constructor", targets: ["a/toString"] }],
    [entry("a", { models: ["__proto__"] }), entry("b")],
  );
  assertEquals(where(table, "constructor"), ["a: toString"]);
  assertEquals(where(table, "__proto__"), ["a: __proto__"]);
  const two = testTable([], [entry("a"), entry("b")]);
  for (const name of ["", "hasOwnProperty", "*", "/", "x".repeat(10_000)]) {
    assertEquals(where(two, name), []);
  }
  assertEquals(where(two, "__proto__/x"), []);
});

Deno.test("RouteTable.names lists what can be asked for", () => {
  const table = testTable([
    { match: "fast", targets: ["a/m"] },
    { match: "gpt-*", targets: ["a/gpt-*"] },
  ], [entry("a", { models: ["m", "fast"] })]);
  assertEquals(table.names, ["fast", "m"]);
});

Deno.test("RouteTable.match() never gives the address of an unknown provider to another", () => {
  for (const forced of [true, false]) {
    const provider = testProvider("only");
    const table = testTable([], [{ provider, forced }]);
    assertEquals(table.match("gpt-5")?.route.name, "only/*");
    assertEquals(table.match("mock/echo"), undefined);
    assertEquals(table.knows("mock/echo"), false);
  }
});
