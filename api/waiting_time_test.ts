import { assert, assertEquals, assertRejects } from "@std/assert";
import { WaitingTime } from "./waiting_time.ts";
import { pause } from "../logging/_test_wait.ts";

Deno.test("WaitingTime counts waits that overlap once", async () => {
  const waiting = new WaitingTime();
  assertEquals(waiting.ms, 0);
  const from = performance.now();
  await Promise.all([
    waiting.during(pause(40)),
    waiting.during(pause(40)),
    waiting.during(pause(20)),
  ]);
  const all = performance.now() - from;
  assert(waiting.ms >= 38 && waiting.ms <= all, `${waiting.ms} of ${all}`);
});

Deno.test("WaitingTime ends a wait that fails, and hands on what it came to", async () => {
  const waiting = new WaitingTime();
  await assertRejects(
    () => waiting.during(Promise.reject(new TypeError("No"))),
    TypeError,
    "No",
  );
  const { ms } = waiting;
  await pause(20);
  assertEquals(waiting.ms, ms);
  const from = performance.now();
  assertEquals(await waiting.during(Promise.resolve(7)), 7);
  const most = ms + performance.now() - from;
  assert(waiting.ms <= most, `${waiting.ms} of ${most}`);
});

Deno.test("WaitingTime.worked() takes back what was work in the middle of a wait", () => {
  const waiting = new WaitingTime();
  waiting.add(30);
  waiting.worked(10);
  assertEquals(waiting.ms, 20);
});
