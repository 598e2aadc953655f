import { assert, assertEquals } from "@std/assert";
import { ConcurrencySlots } from "./concurrency_slots.ts";

Deno.test("acquire() gives as many slots as there are, to each key", () => {
  const slots = new ConcurrencySlots(2);
  assert(slots.acquire("a"));
  assert(slots.acquire("a"));
  assertEquals(slots.acquire("a"), undefined);
  assert(slots.acquire("b"));
  assertEquals([slots.used("a"), slots.used("b"), slots.size], [2, 1, 2]);
});

Deno.test("release() frees a slot once, and a key with its last slot", () => {
  const slots = new ConcurrencySlots(2);
  const [one, two] = [slots.acquire("a"), slots.acquire("a")];
  one?.release();
  one?.release();
  assertEquals(slots.used("a"), 1);
  two?.release();
  assertEquals([slots.used("a"), slots.size], [0, 0]);
});

Deno.test("a slot is freed by `using`, however the block is left", () => {
  const slots = new ConcurrencySlots(1);
  try {
    using slot = slots.acquire("a");
    assert(slot);
    throw new Error("Left");
  } catch {
    assertEquals(slots.used("a"), 0);
  }
});

Deno.test("acquire() takes several slots or none", () => {
  const slots = new ConcurrencySlots(3);
  const two = slots.acquire("a", 2);
  assertEquals(slots.acquire("a", 2), undefined);
  assertEquals(slots.used("a"), 2);
  assert(slots.acquire("a", 0));
  two?.release();
  assert(slots.acquire("a", 3));
});

Deno.test("a lower limit leaves the slots that are held", () => {
  const slots = new ConcurrencySlots(2);
  const held = [slots.acquire("a"), slots.acquire("a")];
  slots.limit = 1;
  held[0]?.release();
  assertEquals(slots.acquire("a"), undefined);
  held[1]?.release();
  assert(slots.acquire("a"));
});
