import { assert, assertEquals, assertGreater } from "@std/assert";
import { LoopDelay } from "./loop_delay.ts";

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("LoopDelay reports how long the loop was blocked, in seconds", async () => {
  const delays: number[] = [];
  using _ = new LoopDelay((seconds) => delays.push(seconds), { interval: 10 });
  await wait(30);
  const start = performance.now();
  while (performance.now() - start < 200);
  await wait(50);
  assertGreater(Math.max(...delays), 0.15);
  assert(delays.every((delay) => delay >= 0));
});

Deno.test("LoopDelay counts by its clock, and a clock that goes back is no delay", async () => {
  const delays: number[] = [];
  const times = [0, 510, 400];
  const now = () => times.shift() ?? 400;
  {
    using _ = new LoopDelay((seconds) => delays.push(seconds), {
      interval: 10,
      now,
    });
    while (delays.length < 2) await wait(5);
  }
  assertEquals(delays.slice(0, 2), [0.5, 0]);
});
