import { assertEquals, assertMatch } from "@std/assert";
import { RolloutWatch } from "./rollout_watch.ts";

function watching(rule = {}) {
  const clock = { now: 0 };
  const watch = new RolloutWatch({
    minRequests: 10,
    window: 1_000,
    now: () => clock.now,
    ...rule,
  });
  const note = (inArm: boolean, failed: boolean, firstByteMs?: number) =>
    watch.note({
      inArm,
      failed,
      ...firstByteMs !== undefined && { firstByteMs },
    });
  return { clock, note };
}

Deno.test("RolloutWatch tells an arm that fails more often than the rest", () => {
  const { note } = watching();
  for (let i = 0; i < 20; i++) note(false, i % 10 === 0, 100);
  for (let i = 0; i < 9; i++) {
    assertEquals(note(true, i % 3 === 0, 100), undefined);
  }
  assertMatch(
    note(true, true, 100) ?? "",
    /^40 % of its 10 attempts failed, 10 % of the others$/,
  );
});

Deno.test("RolloutWatch holds a bad time of both against neither", () => {
  const { note } = watching();
  for (let i = 0; i < 40; i++) {
    note(false, i % 2 === 0, 500);
    assertEquals(note(true, i % 2 === 0, 500), undefined);
  }
});

Deno.test("RolloutWatch tells an arm whose answers begin late", () => {
  const { note } = watching();
  for (let i = 0; i < 10; i++) note(false, false, 100);
  for (let i = 0; i < 9; i++) assertEquals(note(true, false, 250), undefined);
  assertMatch(
    note(true, false, 250) ?? "",
    /begin after 250 ms, the others after 100 ms/,
  );
});

Deno.test("RolloutWatch forgets what is older than its window", () => {
  const { note, clock } = watching();
  for (let i = 0; i < 10; i++) note(false, false, 100);
  for (let i = 0; i < 9; i++) note(true, true);
  clock.now = 2_000;
  for (let i = 0; i < 10; i++) note(false, false, 100);
  assertEquals(note(true, true), undefined);
});
