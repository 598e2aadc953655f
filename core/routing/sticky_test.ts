import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Candidate } from "./route.ts";
import { hashText } from "./stable_hash.ts";
import { prefixHash, sessionOf, stickToHome } from "./sticky.ts";
import { DeploymentStates } from "./deployment_states.ts";
import { idsOf, testCandidate, testStrategyContext } from "./_test_routing.ts";

const { stateOf } = testStrategyContext();

function homeOf(candidates: readonly Candidate[], session: number): string {
  return idsOf(stickToHome(candidates, { session, stateOf }))[0] ?? "";
}

function some(count: number): Candidate[] {
  return Array.from(
    { length: count },
    (_, index) => testCandidate(`p/m${index}`),
  );
}

Deno.test("stickToHome() moves only the sessions of a candidate that goes", () => {
  fc.assert(fc.property(
    fc.integer({ min: 2, max: 8 }),
    fc.nat(7),
    fc.array(fc.string(), { minLength: 1, maxLength: 50 }),
    (count, gone, keys) => {
      const all = some(count);
      const left = all.filter((_, index) => index !== gone % count);
      const goneId = all[gone % count]?.deployment.id;
      for (const key of keys) {
        const session = hashText(key);
        const before = homeOf(all, session);
        const after = homeOf(left, session);
        if (before === goneId) assert(after !== goneId);
        else assertEquals(after, before);
      }
    },
  ));
});

Deno.test("stickToHome() chooses the same home whatever the order, and leaves the rest as it is", () => {
  const all = some(5);
  for (let key = 0; key < 200; key++) {
    const session = hashText(`s${key}`);
    const ordered = idsOf(stickToHome(all, { session, stateOf }));
    assertEquals(homeOf(all.toReversed(), session), ordered[0]);
    const rest = idsOf(all).filter((id) => id !== ordered[0]);
    assertEquals(ordered.slice(1), rest);
  }
});

Deno.test("stickToHome() spreads sessions by weight", () => {
  const all = [
    testCandidate("p/a", { weight: 3 }),
    testCandidate("p/b", { weight: 1 }),
    testCandidate("p/c", { weight: 0 }),
  ];
  const homes = new Map<string, number>();
  for (let key = 0; key < 8_000; key++) {
    const home = homeOf(all, hashText(`session ${key}`));
    homes.set(home, (homes.get(home) ?? 0) + 1);
  }
  const share = (homes.get("p/a") ?? 0) / 8_000;
  assert(Math.abs(share - 0.75) < 0.02, `${share}`);
  assertEquals(homes.get("p/c"), undefined);
});

Deno.test("stickToHome() passes over a home that has far more than its share under way", () => {
  const states = new DeploymentStates({ now: () => 0 });
  const all = some(4);
  const session = hashText("a busy one");
  const options = {
    session,
    stateOf: (deployment: Candidate["deployment"]) => states.of(deployment),
  };
  for (let count = 0; count < 400; count++) {
    const [home] = stickToHome(all, options);
    assert(home);
    states.of(home.deployment).start();
  }
  const loads = all.map(({ deployment }) => states.of(deployment).inFlight);
  assert(Math.max(...loads) <= 151, `${loads}`);
});

Deno.test("stickToHome() keeps a session at home while there is little to do", () => {
  const states = new DeploymentStates({ now: () => 0 });
  const all = some(10);
  const options = {
    session: hashText("the only one"),
    stateOf: (deployment: Candidate["deployment"]) => states.of(deployment),
  };
  const homes = new Set<string>();
  for (let count = 0; count < 8; count++) {
    const [home] = stickToHome(all, options);
    assert(home);
    homes.add(home.deployment.id);
    states.of(home.deployment).start();
  }
  assertEquals(homes.size, 1);
});

Deno.test("stickToHome() takes what comes when all are drained", () => {
  const all = [
    testCandidate("p/a", { weight: 0 }),
    testCandidate("p/b", { weight: 0 }),
  ];
  assertEquals(idsOf(stickToHome(all, { session: 7, stateOf })), [
    "p/a",
    "p/b",
  ]);
});

Deno.test("sessionOf() prefers the header, then the prefix, and asks for no more than it needs", () => {
  let asked = 0;
  const request = {
    model: "m",
    header: (name: string) => name === "x-session-id" ? "s1" : undefined,
    get prefix(): number {
      asked++;
      return 42;
    },
  };
  assertEquals(sessionOf(undefined, request), undefined);
  assertEquals(
    sessionOf({ header: "x-session-id", prefix: true }, request),
    hashText("s1"),
  );
  assertEquals(sessionOf({ header: "x-other" }, request), undefined);
  assertEquals(asked, 0);
  assertEquals(sessionOf({ header: "x-other", prefix: true }, request), 42);
  assertEquals(sessionOf({ prefix: true }, { model: "m" }), undefined);
});

Deno.test("sessionOf() reads no more of a header than it needs", () => {
  const request = { model: "m", header: () => "a".repeat(1_000_000) };
  assertEquals(
    sessionOf({ header: "h" }, request),
    hashText("a".repeat(256)),
  );
});

Deno.test("prefixHash() tells pieces, their borders and their lengths apart", () => {
  const long = "x".repeat(3_000);
  const hashes = [
    ["a", "b"],
    ["ab"],
    ["b", "a"],
    ["a", "b", ""],
    [],
    [long],
    [`${long}y`],
  ].map((pieces) => prefixHash(pieces));
  assertEquals(new Set(hashes).size, hashes.length);
});

Deno.test("prefixHash() reads sixteen pieces at most", () => {
  function* endless(): Generator<string> {
    for (;;) yield "again";
  }
  assertEquals(
    prefixHash(endless()),
    prefixHash(Array.from({ length: 16 }, () => "again")),
  );
});
