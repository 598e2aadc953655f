import { assert, assertEquals, assertThrows } from "@std/assert";
import { FeatureFlags, type FlagChange } from "./feature_flags.ts";

const CALLERS = Array.from({ length: 5_000 }, (_, index) => `key-${index}`);

function share(flags: FeatureFlags, name: string): number {
  return CALLERS.filter((key) => flags.isOn(name, { key })).length /
    CALLERS.length;
}

Deno.test("FeatureFlags are on or off, and off where nobody knows them", () => {
  const flags = new FeatureFlags({ flags: { on: true, off: false } });
  assertEquals([flags.isOn("on"), flags.isOn("off")], [true, false]);
  for (const name of ["none", "toString", "__proto__", "constructor"]) {
    assertEquals(flags.isOn(name), false);
  }
});

Deno.test("FeatureFlags divide callers by share, always alike, and each flag in its own way", () => {
  const flags = new FeatureFlags({
    flags: { a: { share: 0.2 }, b: { share: 0.2 } },
  });
  const on = (name: string) =>
    new Set(CALLERS.filter((key) => flags.isOn(name, { key })));
  const first = on("a");
  assertEquals(on("a"), first);
  assert(Math.abs(share(flags, "a") - 0.2) < 0.03);
  const both = [...on("b")].filter((key) => first.has(key)).length;
  assert(Math.abs(both / CALLERS.length - 0.04) < 0.02, "they are independent");
  flags.set("a", { share: 0.4 });
  assert([...first].every((key) => flags.isOn("a", { key })), "it kept all");
  assertEquals(share(new FeatureFlags({ flags: { n: { share: 0 } } }), "n"), 0);
  assertEquals(share(new FeatureFlags({ flags: { n: { share: 1 } } }), "n"), 1);
});

Deno.test("FeatureFlags go by the first rule that fits: key, team, route, header, and all of them", () => {
  const flags = new FeatureFlags({
    flags: {
      f: {
        rules: [
          { keys: ["blocked"], share: 0 },
          { keys: ["a", "b"] },
          { teams: ["core"], routes: ["/v1/chat/completions"] },
          { headers: { "x-beta": "1" } },
        ],
      },
    },
  });
  const route = "/v1/chat/completions";
  const cases = [
    [{ key: "a" }, true],
    [{ key: "c" }, false],
    [{ key: "c", team: "core" }, false],
    [{ key: "c", team: "core", route }, true],
    [{ key: "blocked", team: "core", route }, false],
    [{ header: (name: string) => name === "x-beta" ? "1" : undefined }, true],
    [{ header: () => "2" }, false],
    [{}, false],
  ] as const;
  for (const [subject, expected] of cases) {
    assertEquals(flags.isOn("f", subject), expected, JSON.stringify(subject));
  }
});

Deno.test("FeatureFlags tell every change, and nothing that is none", () => {
  const changes: FlagChange[] = [];
  const flags = new FeatureFlags({
    flags: { a: true },
    onChange: (change) => changes.push(change),
  });
  flags.set("a", true);
  flags.set("a", { share: 0.5 });
  flags.set("b", false);
  flags.delete("none");
  flags.replace({ b: false, c: true });
  assertEquals(changes, [
    { flag: "a", from: true, to: { share: 0.5 } },
    { flag: "b", from: undefined, to: false },
    { flag: "a", from: { share: 0.5 }, to: undefined },
    { flag: "c", from: undefined, to: true },
  ]);
});

Deno.test("FeatureFlags refuse what makes no sense, and change nothing then", () => {
  const flags = new FeatureFlags({ flags: { a: true } });
  assertThrows(() => flags.set("b", { share: 2 }), RangeError);
  assertThrows(
    () => flags.replace({ b: { rules: [{ share: -1 }] } }),
    RangeError,
  );
  assertEquals([...flags.all.keys()], ["a"]);
  assertThrows(() => {
    for (let i = 0; i < 10_001; i++) flags.set(`f${i}`, true);
  }, RangeError);
});
