import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Cooldown } from "./cooldown.ts";
import { type ErrorKind, GatewayError, UpstreamError } from "./errors.ts";

const KEY_1 = "openai/gpt-4o#1";
const KEY_2 = "openai/gpt-4o#2";

function fault(
  kind: ErrorKind,
  headers: Record<string, string> = {},
  code = "some_code",
): UpstreamError {
  return new UpstreamError(kind, "No", { code, headers });
}

function start(): { clock: { time: number }; cooldown: Cooldown } {
  const clock = { time: 1_000 };
  const cooldown = new Cooldown({ now: () => clock.time, random: () => 0 });
  return { clock, cooldown };
}

Deno.test("U17: Retry-After in each form cools just that deployment and key, within the bound", () => {
  const cases: [Record<string, string>, number][] = [
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after-ms": "250", "retry-after": "7" }, 250],
    [{ "retry-after": "1000000000" }, 300_000],
    [{ "retry-after": "0" }, 5_000],
    [{ "retry-after": "-1" }, 5_000],
    [{ "retry-after": "garbage" }, 5_000],
    [{ "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }, 5_000],
    [{}, 5_000],
  ];
  for (const [headers, expected] of cases) {
    const { clock, cooldown } = start();
    const name = JSON.stringify(headers);
    assertEquals(
      cooldown.observe(KEY_1, fault("rate_limit", headers)),
      expected,
    );
    assertEquals(cooldown.remaining(KEY_1), expected, name);
    assertEquals(cooldown.remaining(KEY_2), 0, name);
    clock.time += expected - 1;
    assertEquals(cooldown.remaining(KEY_1), 1, name);
    clock.time += 1;
    assertEquals(cooldown.remaining(KEY_1), 0, name);
  }
});

Deno.test("U17: of two deadlines the later wins", () => {
  const { clock, cooldown } = start();
  cooldown.start(KEY_1, 10_000);
  clock.time += 1_000;
  assertEquals(cooldown.start(KEY_1, 2_000), 9_000);
  assertEquals(cooldown.start(KEY_1), 9_000);
  assertEquals(cooldown.start(KEY_1, 20_000), 20_000);
});

Deno.test("U17: the default grows with each cooldown, not with each of many failures at once", () => {
  const { clock, cooldown } = start();
  const lengths: number[] = [];
  for (let i = 0; i < 8; i++) {
    const ms = cooldown.start(KEY_1);
    for (let burst = 0; burst < 50; burst++) cooldown.start(KEY_1);
    lengths.push(ms);
    clock.time += ms;
  }
  assertEquals(
    lengths,
    [5, 10, 20, 40, 80, 160, 300, 300].map((s) => s * 1_000),
  );
});

Deno.test("U17: a success, or a long quiet time, makes the default small again", () => {
  const { clock, cooldown } = start();
  clock.time += cooldown.start(KEY_1);
  clock.time += cooldown.start(KEY_1);
  cooldown.succeeded(KEY_1);
  assertEquals(cooldown.start(KEY_1), 5_000);
  clock.time += 5_000 + 300_001;
  assertEquals(cooldown.start(KEY_1), 5_000);
  cooldown.succeeded("unknown");
});

Deno.test("U17: the success of a request from before a cooldown does not end it", () => {
  const { cooldown } = start();
  cooldown.start(KEY_1, 10_000);
  cooldown.succeeded(KEY_1);
  assertEquals(cooldown.remaining(KEY_1), 10_000);
});

Deno.test("U18: only faults that ask to be left alone cool, and nothing that a caller can provoke", () => {
  const asks = { "retry-after": "9" };
  const cases: [unknown, number][] = [
    [fault("authentication"), 5_000],
    [fault("permission", {}, "insufficient_quota"), 5_000],
    [fault("rate_limit", {}, "insufficient_quota"), 5_000],
    [fault("overloaded", asks), 9_000],
    [fault("overloaded"), 0],
    [fault("overloaded", { "retry-after": "0" }), 0],
    [fault("permission"), 0],
    [fault("upstream", asks), 0],
    [fault("timeout"), 0],
    [fault("invalid_request", asks), 0],
    [fault("not_found"), 0],
    [fault("too_large"), 0],
    [
      new GatewayError("rate_limit", "Our own limit", {
        code: "x",
        headers: asks,
      }),
      0,
    ],
    [new TypeError("x"), 0],
    [undefined, 0],
  ];
  for (const [error, expected] of cases) {
    const { cooldown } = start();
    assertEquals(cooldown.observe(KEY_1, error), expected, Deno.inspect(error));
    assertEquals(cooldown.list().length, expected > 0 ? 1 : 0);
  }
});

Deno.test("U18: what our own bounds refuse cools nothing, whatever time it tells", () => {
  const { cooldown } = start();
  const headers = { "retry-after": "1" };
  const ours = fault("overloaded", headers, "upstream_pool_exhausted");
  assertEquals(cooldown.observe(KEY_1, ours), 0);
  assertEquals(cooldown.remaining(KEY_1), 0);
  assertEquals(cooldown.observe(KEY_1, fault("overloaded", headers)), 1_000);
});

Deno.test("D26: Cooldown.observe() reads Gemini's time from the details of the error", () => {
  const { cooldown } = start();
  const error = new UpstreamError("rate_limit", "No", {
    code: "x",
    details: {
      details: [{
        "@type": "type.googleapis.com/google.rpc.RetryInfo",
        retryDelay: "34.4s",
      }],
    },
  });
  assertEquals(cooldown.observe(KEY_1, error), 34_400);
});

Deno.test("U19: earliest() is when the first of all can be used again", () => {
  const { clock, cooldown } = start();
  assertEquals(cooldown.earliest([]), undefined);
  assertEquals(cooldown.earliest([KEY_1, KEY_2]), 0);
  cooldown.start(KEY_1, 8_000);
  assertEquals(cooldown.earliest([KEY_1, KEY_2]), 0);
  cooldown.start(KEY_2, 3_000);
  assertEquals(cooldown.earliest([KEY_1, KEY_2]), 3_000);
  clock.time += 3_000;
  assertEquals(cooldown.earliest([KEY_1, KEY_2]), 0);
  assertEquals(cooldown.list(), [
    { target: KEY_1, remainingMs: 5_000, strikes: 1 },
  ]);
});

Deno.test("U17: the bound of trust is an option, both ways", () => {
  const asks = fault("rate_limit", { "retry-after": "3600" });
  const observe = (maxMs: number): number =>
    new Cooldown({ maxMs, now: () => 0 }).observe(KEY_1, asks);
  assertEquals(observe(60_000), 60_000);
  assertEquals(observe(86_400_000), 3_600_000);
});

Deno.test("Cooldown is bounded: at its capacity what was cooled longest ago goes", () => {
  const cooldown = new Cooldown({ capacity: 3, now: () => 0 });
  for (const target of ["a", "b", "c"]) cooldown.start(target, 1_000);
  cooldown.start("b", 2_000);
  cooldown.start("d", 1_000);
  assertEquals(cooldown.list().map(({ target }) => target), ["c", "b", "d"]);
});

Deno.test("Cooldown adds jitter to its own times only", () => {
  const cooldown = new Cooldown({ now: () => 0, random: () => 0.5 });
  assertEquals(cooldown.start("a"), 5_500);
  assertEquals(cooldown.start("b", 5_000), 5_000);
});

Deno.test("Cooldown refuses options that make no sense", () => {
  for (
    const options of [
      { baseMs: 0 },
      { baseMs: NaN },
      { baseMs: 10, maxMs: 9 },
      { maxMs: Infinity },
      { capacity: 0 },
    ]
  ) assertThrows(() => new Cooldown(options), RangeError);
});

Deno.test("U17: over random histories deadlines never move closer, and never beyond the bound", () => {
  const step = fc.record({
    passed: fc.integer({ min: 0, max: 400_000 }),
    asked: fc.oneof(
      fc.constantFrom(0, -1, NaN, Infinity, 1e15),
      fc.integer({ min: 1, max: 600_000 }),
    ),
    succeeds: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(step), (steps) => {
    let time = 0;
    const cooldown = new Cooldown({ now: () => time });
    for (const { passed, asked, succeeds } of steps) {
      time += passed;
      const before = cooldown.remaining("a");
      if (succeeds) cooldown.succeeded("a");
      assertEquals(cooldown.remaining("a"), before);
      const ms = cooldown.start("a", asked);
      assert(ms >= before && ms > 0 && ms <= 300_000, `${ms}`);
      assertEquals(cooldown.remaining("a"), ms);
    }
  }));
});
