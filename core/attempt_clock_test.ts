import { assert, assertEquals, assertLess } from "@std/assert";
import {
  AttemptClock,
  type AttemptLimits,
  type AttemptPhase,
  defaultLimits,
} from "./attempt_clock.ts";
import { GatewayError, UpstreamError } from "./errors.ts";
import { pause, until } from "../logging/_test_wait.ts";

/** Limits that never pass in a test, but for those that are given. */
function limits(some: Partial<AttemptLimits>): AttemptLimits {
  const never = 60_000;
  return {
    queue: never,
    connect: never,
    headers: never,
    content: never,
    idle: never,
    client: never,
    total: never,
    ...some,
  };
}

function caller(): AbortSignal {
  return new AbortController().signal;
}

/** Waits until the clock ends its attempt; the error and the time that took. */
async function ending(
  clock: AttemptClock,
): Promise<{ readonly error: GatewayError; readonly after: number }> {
  const at = performance.now();
  await until(() => clock.signal.aborted);
  const error: unknown = clock.signal.reason;
  assert(error instanceof GatewayError);
  return { error, after: performance.now() - at };
}

Deno.test("U3, K22: each phase has a limit and a code of its own", async () => {
  const phases: AttemptPhase[] = ["connect", "headers", "content", "idle"];
  for (const phase of phases) {
    const clock = new AttemptClock(limits({ [phase]: 30 }), caller());
    if (phase !== "connect") clock.enter(phase);
    const { error, after } = await ending(clock);
    assert(error instanceof UpstreamError);
    assertEquals([error.kind, error.status], ["timeout", 504]);
    assertEquals(error.code, `${phase}_timeout`);
    assert(after > 20, `${phase} after ${after} ms`);
    assertLess(after, 1_000);
    clock.stop();
  }
});

Deno.test("a wait for a connection of our own pool is an overload of ours, and no timeout of the provider", async () => {
  const clock = new AttemptClock(limits({ queue: 30 }), caller());
  clock.enter("queue");
  const { error } = await ending(clock);
  assertEquals(
    [error.kind, error.status, error.code],
    ["overloaded", 503, "upstream_pool_exhausted"],
  );
  assertEquals(error.headers["retry-after"], "1");
});

Deno.test("U3: no limit passes early, and none is noticed more than two looks late", () => {
  const clock = new AttemptClock(
    limits({ connect: 100, headers: 100, total: 250 }),
    caller(),
  );
  clock.stop();
  const looks: [now: number, passed: boolean][] = [
    [1_000, false],
    [1_099, false],
    [1_100, true],
  ];
  for (const [now, passed] of looks) {
    clock.look(now);
    assertEquals(clock.signal.aborted, passed, `at ${now}`);
  }
  const other = new AttemptClock(
    limits({ connect: 100, headers: 100, total: 250 }),
    caller(),
  );
  other.stop();
  other.look(1_000);
  other.enter("headers");
  other.look(1_099);
  other.look(1_198);
  assert(!other.signal.aborted);
  other.enter("content");
  other.look(1_249);
  assert(!other.signal.aborted);
  other.look(1_250);
  const error: unknown = other.signal.reason;
  assert(error instanceof GatewayError && error.code === "total_timeout");
});

Deno.test("U3: the limit of the whole attempt ends any phase", async () => {
  const clock = new AttemptClock(limits({ total: 30 }), caller());
  clock.enter("headers");
  clock.enter("content");
  clock.progress();
  const { error } = await ending(clock);
  assertEquals(error.code, "total_timeout");
});

Deno.test("a client that stops reading is no fault of the provider", async () => {
  const clock = new AttemptClock(limits({ client: 30 }), caller());
  clock.enter("client");
  const { error } = await ending(clock);
  assert(!(error instanceof UpstreamError));
  assertEquals([error.kind, error.code], ["client_closed", "client_stalled"]);
});

Deno.test("U3: a phase that is left in time does not end the attempt", () => {
  const clock = new AttemptClock(
    limits({ connect: 300, headers: 300, content: 300 }),
    caller(),
  );
  clock.stop();
  let now = 1_000;
  for (const phase of ["headers", "content", "idle"] as const) {
    for (let looks = 0; looks < 14; looks++) clock.look(now += 20);
    clock.enter(phase);
  }
  for (let looks = 0; looks < 20; looks++) clock.look(now += 20);
  assert(!clock.signal.aborted);
});

Deno.test("U4: a stream that stalls after content is ended by the idle limit", async () => {
  const clock = new AttemptClock(limits({ content: 20, idle: 60 }), caller());
  clock.enter("content");
  clock.progress();
  const { error, after } = await ending(clock);
  assertEquals(error.code, "idle_timeout");
  assert(after > 50, `after ${after} ms`);
});

Deno.test("U5: progress keeps a stream alive for as long as it lasts", async () => {
  const clock = new AttemptClock(limits({ idle: 300 }), caller());
  for (let i = 0; i < 12; i++) {
    clock.progress();
    await pause(50);
  }
  assert(!clock.signal.aborted);
  const { error } = await ending(clock);
  assertEquals(error.code, "idle_timeout");
});

Deno.test("U5: without progress, however much else comes, the first content is waited for only so long", async () => {
  const clock = new AttemptClock(limits({ content: 60 }), caller());
  clock.enter("content");
  // Pings are not told to the clock.
  const { error, after } = await ending(clock);
  assertEquals(error.code, "content_timeout");
  assertLess(after, 1_000);
});

Deno.test("U5: after content pings hold off the idle limit, and only for as long as the first content may take", () => {
  const clock = new AttemptClock(
    limits({ content: 300, idle: 100 }),
    caller(),
  );
  clock.stop();
  clock.progress();
  clock.look(1_000);
  for (const now of [1_080, 1_160, 1_240, 1_299]) {
    clock.alive();
    clock.look(now);
    assert(!clock.signal.aborted, `at ${now}`);
  }
  clock.look(1_300);
  assertEquals(clock.signal.reason.code, "idle_timeout");
});

Deno.test("U5: pings that cease are a silence, and do not shorten a longer idle limit", () => {
  for (const [content, idle] of [[300, 100], [20, 100]] as const) {
    const clock = new AttemptClock(limits({ content, idle }), caller());
    clock.stop();
    clock.progress();
    clock.look(1_000);
    clock.alive();
    clock.look(1_050);
    clock.look(content > idle ? 1_149 : 1_099);
    assert(!clock.signal.aborted);
    clock.look(content > idle ? 1_150 : 1_100);
    assertEquals(clock.signal.reason.code, "idle_timeout");
  }
});

Deno.test("U5: before the first content pings change nothing", () => {
  const clock = new AttemptClock(limits({ content: 300, idle: 20 }), caller());
  clock.stop();
  clock.enter("content");
  clock.look(1_000);
  clock.alive();
  clock.look(1_299);
  assert(!clock.signal.aborted);
  clock.alive();
  clock.look(1_300);
  assertEquals(clock.signal.reason.code, "content_timeout");
});

Deno.test("a shorter phase after a longer one is timed from its own start", async () => {
  const clock = new AttemptClock(limits({ idle: 30 }), caller());
  await pause(10);
  clock.enter("headers");
  clock.progress();
  const { error, after } = await ending(clock);
  assertEquals(error.code, "idle_timeout");
  assertLess(after, 1_000);
});

Deno.test("L1: the caller's leaving wins, with the caller's reason", async () => {
  const controller = new AbortController();
  const clock = new AttemptClock(limits({ connect: 20 }), controller.signal);
  const reason = new Error("left");
  controller.abort(reason);
  assertEquals(clock.signal.reason, reason);
  await pause(40);
  assertEquals(clock.signal.reason, reason);
});

Deno.test("L1: a caller who has left already ends the attempt at once", () => {
  const reason = new Error("left");
  const clock = new AttemptClock(limits({}), AbortSignal.abort(reason));
  assert(clock.signal.aborted);
  assertEquals(clock.signal.reason, reason);
});

Deno.test("AttemptClock.stop() leaves no timer, whatever is told to the clock afterwards", async () => {
  const controller = new AbortController();
  const every = { connect: 5, headers: 5, content: 5, idle: 5, total: 10 };
  const clock = new AttemptClock(limits(every), controller.signal);
  clock.stop();
  // What is still under way when an attempt ends may tell late.
  clock.enter("headers");
  clock.progress();
  clock.stop();
  controller.abort(new Error("left"));
  await pause(20);
  assert(!clock.signal.aborted);
});

Deno.test("AttemptClock leaves no timer and no listener when a limit has passed", async () => {
  const controller = new AbortController();
  const clock = new AttemptClock(limits({ connect: 5 }), controller.signal);
  const { error } = await ending(clock);
  clock.enter("headers");
  controller.abort(new Error("left"));
  assertEquals(clock.signal.reason, error);
});

Deno.test("AttemptClock takes limits that no timer can hold", async () => {
  const never = 2 ** 40;
  for (const total of [never, Infinity]) {
    const clock = new AttemptClock(
      limits({ connect: total, headers: total, total }),
      caller(),
    );
    await pause(10);
    clock.enter("headers");
    await pause(10);
    assert(!clock.signal.aborted);
    clock.stop();
  }
});

Deno.test("AttemptClock reads no clock and moves no timer when it is told of progress", () => {
  const set = globalThis.setTimeout;
  const read = performance.now;
  let timers = 0;
  let readings = 0;
  const clock = new AttemptClock(defaultLimits, caller());
  performance.now = () => {
    readings++;
    return read.call(performance);
  };
  globalThis.setTimeout = ((...args: Parameters<typeof set>) => {
    timers++;
    return set(...args);
  }) as typeof set;
  try {
    for (let i = 0; i < 1_000; i++) clock.progress();
  } finally {
    globalThis.setTimeout = set;
    performance.now = read;
  }
  assertEquals([timers, readings], [0, 0]);
  clock.stop();
});
