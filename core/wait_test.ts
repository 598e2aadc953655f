import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { wait } from "./wait.ts";

const never = new AbortController().signal;

Deno.test("wait() resolves after the time, and not before", async () => {
  const start = performance.now();
  await wait(30, never);
  assert(performance.now() - start >= 29);
});

Deno.test("wait() does not wait for nothing, or for what is no time", async () => {
  const start = performance.now();
  for (const ms of [0, -1, NaN, -Infinity]) await wait(ms, never);
  assertLess(performance.now() - start, 1_000);
});

// The sanitizers see to it that no timer is left.
Deno.test("C3: wait() rejects at once with the signal's reason and leaves no timer", async () => {
  const caller = new AbortController();
  const reason = new Error("The client left");
  let sent = 0;
  const start = performance.now();
  const retry = wait(600_000, caller.signal).then(() => sent++);
  setTimeout(() => caller.abort(reason), 5);
  const error = await assertRejects(() => retry);
  assert(error === reason);
  assertLess(performance.now() - start, 5_000);
  assertEquals(sent, 0);
});

Deno.test("C3: wait() rejects where the signal is aborted already, even for no time", async () => {
  const reason = new Error("The client left");
  const gone = AbortSignal.abort(reason);
  for (const ms of [0, 5, 600_000]) {
    assert(await assertRejects(() => wait(ms, gone)) === reason);
  }
});

Deno.test("wait() leaves no listener on a signal that lives on", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };
  await wait(1, signal);
  assertEquals(listeners, 0);
});

Deno.test("wait() does not take a time too long for a timer for none", async () => {
  const caller = new AbortController();
  let over = false;
  const waiting = wait(1e15, caller.signal).then(() => over = true);
  await wait(20, never);
  assert(!over);
  caller.abort(new Error("Enough"));
  await assertRejects(() => waiting);
});
