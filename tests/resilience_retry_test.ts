// What follows a failure, and what must not: over sockets, with two deployments
// and with one.
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
  assertMatch,
} from "@std/assert";
import { FaultUpstream } from "./_fault_upstream.ts";
import {
  dialectOf,
  errorInside,
  healthy,
  ok,
  redirect,
  reset,
  silence,
  status,
  wantsStream,
} from "./_faults.ts";
import { Fleet } from "./_fleet.ts";
import { Load } from "./_load.ts";
import { STALL_MS, tell } from "./_measured.ts";
import { ask, type RawAnswer, RawClient } from "./_raw_client.ts";
import { contentOf, errorOf, soon, until } from "./_rig.ts";
import type { UpstreamScript } from "./_scripted_upstream.ts";

const ROUTE = "routes: [{match: m-*, targets: [a/m-*, b/m-*]}]";
/** As much budget as there is, where the budget is not what is tested. */
const BUDGET = "retry: {budget: 1}";

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Answers 429 with these headers. */
function slowDown(
  headers: Readonly<Record<string, string>>,
  body?: string,
): UpstreamScript {
  return status(429, { headers, ...(body !== undefined && { body }) });
}

/** How long a deployment still cools, in ms, as a client is told that asks for it alone. */
async function cooling(fleet: Fleet, model: string): Promise<number> {
  const answer = await fleet.answer(ask(model, { stream: false }));
  assertEquals(answer.status, 503, `${model}: ${answer.body}`);
  assertEquals(errorOf(answer.body)?.code, "no_deployment_available", model);
  return Number(answer.headers.get("retry-after-ms"));
}

const CREDIT = JSON.stringify({
  error: { message: "No credit", type: "insufficient_quota", code: "insufficient_quota" },
});

/** What a 429 tells, and between what and what it then cools, in ms. */
const COOLINGS: Readonly<
  Record<string, readonly [script: UpstreamScript, least: number, most: number]>
> = {
  seconds: [slowDown({ "retry-after": "2" }), 1_000, 2_000],
  date: [
    (call) =>
      slowDown({
        "retry-after": new Date(Date.now() + 3_000).toUTCString(),
      })(call),
    500,
    3_000,
  ],
  milliseconds: [slowDown({ "retry-after-ms": "2500" }), 1_500, 2_500],
  "milliseconds-first": [
    slowDown({ "retry-after-ms": "2500", "retry-after": "60" }),
    1_500,
    2_500,
  ],
  // Where no time is told that can be meant it is five seconds, and up to a fifth more.
  zero: [slowDown({ "retry-after": "0" }), 4_000, 6_000],
  negative: [slowDown({ "retry-after": "-1" }), 4_000, 6_000],
  garbage: [slowDown({ "retry-after": "soon; or later" }), 4_000, 6_000],
  absent: [slowDown({}), 4_000, 6_000],
  huge: [slowDown({ "retry-after": "1000000000" }), 299_000, 300_000],
  "past-date": [
    slowDown({ "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }),
    4_000,
    6_000,
  ],
  "no-credit": [slowDown({}, CREDIT), 4_000, 6_000],
};

Deno.test("U17: a 429 cools its deployment alone, for as long as it tells and five minutes at most", async () => {
  await using fleet = await Fleet.start({ config: `${ROUTE}\n${BUDGET}` });
  const [a, b] = [fleet.of("a"), fleet.of("b")];
  const shown: string[] = [];
  let seen = 0;
  for (const [name, [script, least, most]] of Object.entries(COOLINGS)) {
    const model = `m-${name}`;
    a.next(script);
    const answer = await fleet.answer(ask(model, { stream: false }));
    assertEquals(answer.status, 200, name);
    assertEquals(answer.headers.get("x-llm-proxy-provider"), "b", name);
    for (let i = 0; i < 10; i++) {
      const { status } = await fleet.answer(ask(model, { stream: i % 2 === 0 }));
      assertEquals(status, 200, name);
    }
    // 0 of them at the one that cools, nor where it alone is asked for.
    if (name !== "no-credit") {
      const left = await cooling(fleet, `a/${model}`);
      shown.push(`${name} ${Math.round(left)}`);
      assertGreaterOrEqual(left, least - STALL_MS, name);
      assertLessOrEqual(left, most, name);
    }
    assertEquals(fleet.seen(model), [1, 11], name);
    seen += fleet.seen(model)[0]! - 1;
    // Nothing else of that provider cools.
    const other = await fleet.answer(ask(`a/other-${name}`));
    assertEquals(other.status, 200, name);
  }
  tell("U17", `cooling, in ms: ${shown.join(", ")}`);
  tell(
    "U17",
    `${seen} of ${11 * Object.keys(COOLINGS).length} requests at one that cools`,
  );
  assertEquals(b.requests.length, 11 * Object.keys(COOLINGS).length);
});

Deno.test("U17: of two deadlines the later wins, and when it is over the deployment is used again", async () => {
  await using fleet = await Fleet.start({ config: `${ROUTE}\n${BUDGET}` });
  const a = fleet.of("a");
  const later: [first: number, second: number][] = [[700, 100], [100, 700]];
  await Promise.all(later.map(async ([first, second]) => {
    const model = `m-${first}`;
    const waits = [first, second];
    const both = Promise.withResolvers<void>();
    let turn = 0;
    a.on(model, async (call) => {
      const wait = waits[turn++];
      if (wait === undefined) return await healthy()(call);
      if (turn === 2) both.resolve();
      // The second 429 comes while the first cools already.
      await both.promise;
      if (wait === second) await call.wait(30);
      await slowDown({ "retry-after-ms": String(wait) })(call);
    });
    const start = performance.now();
    await Promise.all([1, 2].map(() => fleet.answer(ask(model))));
    await until(
      () => performance.now() - start > 500 || turn > 2,
      "the shorter time is over",
    );
    assertEquals((await fleet.answer(ask(model))).status, 200);
    assertEquals(fleet.seen(model), [2, 3], model);
    while (fleet.seen(model)[0] === 2) {
      assertEquals((await fleet.answer(ask(model))).status, 200);
      await pause(10);
    }
    const at = a.requests.findLast((it) => it.model === model)!.at - start;
    tell(
      "U17",
      `429 with ${first} ms, then with ${second} ms: used again after ${Math.round(at)} ms`,
    );
    assertGreaterOrEqual(at, 699);
    assertLessOrEqual(at, 700 + STALL_MS);
  }));
});

Deno.test("U17: only the key cools that was limited, and used-up credit is not asked again", async () => {
  await using fleet = await Fleet.start({
    names: ["a"],
    provider: "api_keys: [sk-key-one-00000000, sk-key-two-00000000], max_retries: 2, retry_delay: 0.01",
    config: BUDGET,
  });
  const a = fleet.of("a");
  const keys = (model: string): string[] =>
    a.requests.filter((it) => it.model === model)
      .map(({ credentials }) => /one|two/.exec(credentials.join())?.[0] ?? "");
  for (const name of ["limited", "no-credit"]) {
    const model = `m-${name}`;
    a.next(name === "limited" ? slowDown({ "retry-after": "9" }) : slowDown({}, CREDIT));
    for (let i = 0; i < 10; i++) {
      const { status } = await fleet.answer(ask(`a/${model}`));
      assertEquals(status, 200, name);
    }
    const [first, ...rest] = keys(model);
    assertEquals(rest.length, 10);
    assert(rest.every((key) => key !== first), `${name}: ${[first, ...rest]}`);
  }
  // Where there is no other key it is told at once, and each request is one.
  await using alone = await Fleet.start({
    names: ["a"],
    provider: "max_retries: 2, retry_delay: 0.01",
    config: BUDGET,
  });
  alone.of("a").usual = slowDown({}, CREDIT);
  const answer = await alone.answer(ask("a/m"));
  tell("U17", `used-up credit: ${alone.seen()[0]} attempt, status ${answer.status}`);
  assertEquals(alone.seen(), [1]);
  assertEquals(errorOf(answer.body)?.code, "insufficient_quota");
});

Deno.test("U17, U19: the only deployment is left alone where it asked for it, and asked each time where it did not", async () => {
  await using fleet = await Fleet.start({
    names: ["a"],
    config: "circuit_breaker: {failure_threshold: 3, recovery_timeout: 0.3}",
  });
  const a = fleet.of("a");
  const ten = async (model: string, stream = false): Promise<string> => {
    const told: string[] = [];
    for (let i = 0; i < 10; i++) {
      const answer = await fleet.answer(ask(`a/${model}`, { stream }));
      told.push(
        `${answer.status} ${errorOf(answer.body)?.code ?? "well"}`,
      );
    }
    return `${fleet.seen(model)[0]} asked: ${[...new Set(told)].join(", ")}`;
  };
  a.on("limited", slowDown({}));
  a.on("limited-for-long", slowDown({ "retry-after": "60" }));
  a.on("overloaded", status(529));
  a.on("asks-for-time", status(503, { headers: { "retry-after": "60" } }));
  a.on("error-inside", errorInside());
  a.on("nothing", ok("null"));
  a.on("cut", reset("in_body"));
  const out = "503 no_deployment_available";
  const told = {
    // The provider decides of each request by itself.
    limited: await ten("limited"),
    "limited-for-long": await ten("limited-for-long"),
    "asks-for-time": await ten("asks-for-time"),
    // A breaker opens: nobody gains from asking what is down.
    overloaded: await ten("overloaded"),
    // A poor answer is better than none.
    "error-inside": await ten("error-inside"),
    nothing: await ten("nothing"),
    cut: await ten("cut", true),
  };
  for (const [name, what] of Object.entries(told)) tell("U19", `${name}: ${what}`);
  assertEquals(told, {
    limited: "10 asked: 429 rate_limit_exceeded",
    "limited-for-long": `1 asked: 429 rate_limit_exceeded, ${out}`,
    "asks-for-time": `1 asked: 503 upstream_overloaded, ${out}`,
    overloaded: `3 asked: 503 upstream_overloaded, ${out}`,
    "error-inside": "10 asked: 503 overloaded_error",
    nothing: "10 asked: 502 upstream_invalid_response",
    cut: "10 asked: 200 upstream_body_cut",
  });
});

Deno.test("U19: the only deployment is given up when it hangs, and found again", async () => {
  await using fleet = await Fleet.start({
    names: ["a"],
    config: "circuit_breaker: {failure_threshold: 3, recovery_timeout: 0.3}\n" +
      "http_client: {first_token_timeout: 0.1, header_timeout: 0.1}",
  });
  const a = fleet.of("a");
  for (const [name, place] of [["mute", "before_headers"], ["stalls", "after_headers"]] as const) {
    a.on(name, silence(place));
    const statuses: number[] = [];
    for (let i = 0; i < 10; i++) {
      const { status } = await fleet.answer(ask(`a/${name}`));
      statuses.push(status);
    }
    assertEquals(statuses, [504, 504, 504, 503, 503, 503, 503, 503, 503, 503]);
    assertEquals(fleet.seen(name), [3], name);
    a.on(name, healthy());
    const start = performance.now();
    let last: RawAnswer;
    do {
      await pause(20);
      last = await fleet.answer(ask(`a/${name}`));
    } while (last.status !== 200);
    const healed = performance.now() - start;
    tell("U19", `${name}: given up after 3 of 10, found again in ${Math.round(healed)} ms`);
    assertLessOrEqual(healed, 300 * 1.2 + 1_000 + STALL_MS);
  }
});

/** What a provider says of a request, and what its client hears. */
const CALLERS_FAULTS: Readonly<Record<string, readonly [status: number, code: RegExp]>> = {
  "400": [400, /./],
  "404": [404, /./],
  "405": [405, /./],
  "413": [413, /./],
  "415": [415, /./],
  "422": [422, /./],
};

Deno.test("U18: what the caller made is told as it is, is not tried again and counts for no breaker", async () => {
  await using fleet = await Fleet.start({
    config: `${ROUTE}\n${BUDGET}\ncircuit_breaker: {failure_threshold: 2, min_samples: 2}`,
    provider: "max_retries: 2, retry_delay: 0.01",
  });
  const told: string[] = [];
  for (const [name, [expected]] of Object.entries(CALLERS_FAULTS)) {
    const model = `m-${name}`;
    fleet.of("a").on(model, status(Number(name)));
    for (let i = 0; i < 8; i++) {
      const answer = await fleet.answer(ask(model, { stream: i % 2 === 0 }));
      assertEquals(answer.status, expected, `${name}: ${answer.body}`);
      assertEquals(answer.headers.get("x-llm-proxy-attempts"), "1", name);
    }
    assertEquals(fleet.seen(model), [8, 0], name);
    told.push(`${name} as ${expected}`);
  }
  // Callers who leave, early and late, alone and many.
  for (const place of ["before_headers", "in_body"] as const) {
    const model = `m-left-${place}`;
    fleet.of("a").on(model, silence(place));
    for (let i = 0; i < 8; i++) {
      const client = await RawClient.connect(fleet.url);
      await client.send(ask(model));
      if (place === "in_body") await client.until("hel");
      else await until(() => fleet.seen(model)[0] === i + 1, "it is asked");
      client.leave();
      await until(() => fleet.of("a").gauge.now === 0, "it is left");
    }
    assertEquals(fleet.seen(model), [8, 0], place);
  }
  const changes = fleet.records.filter(({ deployment }) => deployment !== undefined);
  tell("U18", `${told.join(", ")}; 0 retries, ${changes.length} changes of breakers in ${fleet.log.length} requests`);
  assertEquals(changes, []);
});

Deno.test("U18: a key that is refused is passed over, told to the operator, and nobody is told a 502", async () => {
  for (const code of [401, 403]) {
    await using fleet = await Fleet.start({
      names: ["a", "b"],
      provider: (name) =>
        name === "a"
          ? "api_keys: [sk-key-dead-00000000, sk-key-good-00000000], max_retries: 2, retry_delay: 0.01"
          : "",
      config: `${ROUTE}\n${BUDGET}\ncircuit_breaker: {failure_threshold: 2}`,
    });
    const a = fleet.of("a");
    a.usual = (call) =>
      /dead/.test(call.head) ? status(code)(call) : healthy()(call);
    for (let i = 0; i < 20; i++) {
      const answer = await fleet.answer(ask(`m-${i}`, { stream: false }));
      assertEquals(answer.status, 200);
      assertEquals(answer.headers.get("x-llm-proxy-provider"), "a");
    }
    const dead = a.requests.filter(({ credentials }) =>
      credentials.join().includes("dead")
    ).length;
    const alerts = fleet.records.filter(({ msg, level }) =>
      level === "warn" && msg !== "request"
    );
    // Where no other key is left the client hears what it is.
    a.usual = status(code);
    fleet.of("b").usual = status(code);
    const last = await fleet.answer(ask("m-last", { stream: false }));
    tell(
      "U18",
      `${code}: ${dead} of 20 requests went to the refused key; ${
        JSON.stringify(alerts.map(({ msg, to }) => `${msg}: ${to}`))
      }; the client heard ${last.status} ${errorOf(last.body)?.code}`,
    );
  }
});
