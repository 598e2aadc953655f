// What follows a failure, and what must not: over sockets, with two deployments
// and with one.
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
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
import { STALL_MS, tell } from "./_measured.ts";
import { ask, post, type RawAnswer, RawClient } from "./_raw_client.ts";
import { contentOf, errorOf } from "./_rig.ts";
import type { UpstreamCall, UpstreamScript } from "./_scripted_upstream.ts";
import { pause, until } from "../logging/_test_wait.ts";

const ROUTE = "routes: [{match: m-*, targets: [a/m-*, b/m-*]}]";
/** As much budget as there is, where the budget is not what is tested. */
const BUDGET = "retry: {budget: 1}";

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
  error: {
    message: "No credit",
    type: "insufficient_quota",
    code: "insufficient_quota",
  },
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
      const { status } = await fleet.answer(
        ask(model, { stream: i % 2 === 0 }),
      );
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
    `${seen} of ${
      11 * Object.keys(COOLINGS).length
    } requests at one that cools`,
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
    // Unless the machine was too busy for it to come before the later one.
    if (performance.now() - start < 700) {
      assertEquals(fleet.seen(model), [2, 3], model);
    }
    while (fleet.seen(model)[0] === 2) {
      assertEquals((await fleet.answer(ask(model))).status, 200);
      await pause(10);
    }
    const at = a.requests.findLast((it) => it.model === model)!.at - start;
    tell(
      "U17",
      `429 with ${first} ms, then with ${second} ms: used again after ${
        Math.round(at)
      } ms`,
    );
    assertGreaterOrEqual(at, 699);
    assertLessOrEqual(at, 700 + STALL_MS);
  }));
});

Deno.test("U17: only the key cools that was limited, and used-up credit is not asked again", async () => {
  await using fleet = await Fleet.start({
    names: ["a"],
    provider:
      "api_keys: [sk-key-one-00000000, sk-key-two-00000000], max_retries: 2, retry_delay: 0.01",
    config: BUDGET,
  });
  const a = fleet.of("a");
  const keys = (model: string): string[] =>
    a.requests.filter((it) => it.model === model)
      .map(({ credentials }) => /one|two/.exec(credentials.join())?.[0] ?? "");
  for (const name of ["limited", "no-credit"]) {
    const model = `m-${name}`;
    a.next(
      name === "limited"
        ? slowDown({ "retry-after": "9" })
        : slowDown({}, CREDIT),
    );
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
  tell(
    "U17",
    `used-up credit: ${alone.seen()[0]} attempt, status ${answer.status}`,
  );
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
  for (const [name, what] of Object.entries(told)) {
    tell("U19", `${name}: ${what}`);
  }
  assertEquals(told, {
    limited: "10 asked: 429 rate_limit_exceeded",
    "limited-for-long": `1 asked: 429 rate_limit_exceeded, ${out}`,
    "asks-for-time": `1 asked: 503 upstream_overloaded, ${out}`,
    overloaded: `3 asked: 503 upstream_overloaded, ${out}`,
    "error-inside": "10 asked: 503 upstream_overloaded",
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
  for (
    const [name, place] of [["mute", "before_headers"], [
      "stalls",
      "after_headers",
    ]] as const
  ) {
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
    tell(
      "U19",
      `${name}: given up after 3 of 10, found again in ${
        Math.round(healed)
      } ms`,
    );
    assertLessOrEqual(healed, 300 * 1.2 + 1_000 + STALL_MS);
  }
});

/** What a provider says of a request. */
const CALLERS_FAULTS = [400, 404, 405, 413, 415, 422];

Deno.test("U18: what the caller made is told as it is, is not tried again and counts for no breaker", async () => {
  await using fleet = await Fleet.start({
    config:
      `${ROUTE}\n${BUDGET}\ncircuit_breaker: {failure_threshold: 2, min_samples: 2}`,
    provider: "max_retries: 2, retry_delay: 0.01",
  });
  for (const code of CALLERS_FAULTS) {
    const model = `m-${code}`;
    fleet.of("a").on(model, status(code));
    for (let i = 0; i < 8; i++) {
      const answer = await fleet.answer(ask(model, { stream: i % 2 === 0 }));
      assertEquals(answer.status, code, answer.body);
      assertEquals(answer.headers.get("x-llm-proxy-attempts"), "1", model);
    }
    assertEquals(fleet.seen(model), [8, 0], model);
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
  const changes = fleet.breakerChanges;
  tell(
    "U18",
    `${
      CALLERS_FAULTS.join(", ")
    } are told as they are; 0 retries, ${changes.length} changes of breakers in ${fleet.log.length} requests`,
  );
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
        JSON.stringify(alerts.map(({ msg, to }) =>
          `${msg}: ${to}`
        ))
      }; the client heard ${last.status} ${errorOf(last.body)?.code}`,
    );
    // Any caller could bring a 403 about: it moves on, and takes no key out.
    assertLessOrEqual(dead, code === 401 ? 1 : 20);
    assertEquals(alerts.length, 1);
    assertEquals([alerts[0]?.provider, alerts[0]?.to], ["a", "degraded"]);
    assertEquals(last.status, code);
    assert(!last.body.includes("sk-key"));
  }
});

Deno.test("U20: however long the chain a request has three attempts, each elsewhere, and one total time", async () => {
  const timeout = 600;
  const names = Array.from({ length: 20 }, (_, i) => `f-${i}`);
  const routes = names.map((name, i) =>
    `  - {match: ${name}, targets: [${
      i % 2 === 0 ? "a" : "b"
    }/${name}], fallbacks: [${i === 0 ? names.slice(1).join(", ") : ""}]}`
  ).join("\n");
  await using fleet = await Fleet.start({
    config: `${BUDGET}\nroutes:\n${routes}`,
    provider: `timeout: ${timeout / 1_000}`,
  });
  const [a, b] = [fleet.of("a"), fleet.of("b")];
  a.usual = b.usual = status(500);
  const failed = await fleet.answer(ask("f-0"));
  assertEquals(failed.status, 502);
  assertEquals(failed.headers.get("x-llm-proxy-attempts"), "3");
  const asked = [...a.requests, ...b.requests].map(({ model }) => model);
  assertEquals(asked.toSorted(), ["f-0", "f-1", "f-2"]);

  a.usual = b.usual = silence("before_headers");
  const start = performance.now();
  const late = await fleet.answer(ask("f-0", { stream: false }));
  const took = performance.now() - start;
  const attempts = Number(late.headers.get("x-llm-proxy-attempts"));
  tell(
    "U20",
    `a chain of 20: ${asked.length} attempts; where each hangs for ${timeout} ms ${attempts}, which took ${
      Math.round(took)
    } ms`,
  );
  assertEquals(late.status, 504);
  // Two attempts may take all of their time, and no more comes after them.
  assertEquals(attempts, 2);
  assertGreaterOrEqual(took, 2 * timeout - 5);
  assertLessOrEqual(took, 2 * timeout + 100 + STALL_MS);
  await fleet.settled();
});

Deno.test("U20: fallbacks that lead back are refused when the config is read", async () => {
  const graphs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    itself: { x: "x" },
    two: { x: "y", y: "x" },
    three: { x: "y", y: "z", z: "x" },
    "strongly connected": { x: "y", y: "z, w", z: "y", w: "x" },
    unknown: { x: "nowhere" },
  };
  for (const [name, graph] of Object.entries(graphs)) {
    const routes = Object.entries(graph).map(([match, next]) =>
      `{match: ${match}, targets: [a/${match}], fallbacks: [${next}]}`
    );
    const error = await Fleet.start({
      config: `routes: [${routes.join(", ")}]`,
      provider: "models: [x, y, z, w]",
    }).then(async (fleet) => {
      await fleet[Symbol.asyncDispose]();
      return undefined;
    }, (error) => error);
    assertMatch(String(error), /routes\[\d\]\.fallbacks/, name);
  }
});

Deno.test("U20: what fails before the network is tried nowhere else", async () => {
  await using fleet = await Fleet.start({
    config: `${ROUTE}\n${BUDGET}`,
    provider: (name) =>
      name === "a" ? "type: anthropic, api_key: sk-key-of-the-tests-0815" : "",
  });
  // A result of no call, which its dialect has no place for.
  const messages = [
    { role: "user", content: "hi" },
    { role: "tool", tool_call_id: "call_1", content: "42" },
  ];
  const answer = await fleet.answer(post({ model: "m-1", messages }));
  tell(
    "U20",
    `a request that can't be sent: ${answer.status}, ${fleet.seen()} attempts`,
  );
  assertEquals(answer.status, 400);
  assertEquals(fleet.seen(), [0, 0]);
});

Deno.test("U21: a redirect is a failure, and nothing goes where it leads", async () => {
  await using canary = await FaultUpstream.start();
  await using fleet = await Fleet.start({
    config: `${ROUTE}\n${BUDGET}`,
    provider: "api_key: sk-key-of-the-tests-0815",
  });
  const places = [
    `${canary.origin}/v1/chat/completions`,
    canary.origin.replace("http:", ""),
    "/elsewhere",
  ];
  for (const code of [301, 302, 303, 307, 308]) {
    for (const [i, place] of places.entries()) {
      const model = `m-${code}-${i}`;
      fleet.of("a").on(model, redirect(code, place));
      for (const stream of [false, true]) {
        const alone = await fleet.answer(ask(`a/${model}`, { stream }));
        assertEquals(alone.status, 502, model);
        assertEquals(errorOf(alone.body)?.code, "upstream_invalid_response");
        assert(alone.headers.get("location") === undefined);
        assert(!alone.body.includes("127.0.0.1"), alone.body);
        const { status, headers } = await fleet.answer(ask(model, { stream }));
        assertEquals([status, headers.get("x-llm-proxy-provider")], [200, "b"]);
      }
    }
  }
  tell(
    "U21",
    `30 redirects of 5 kinds: 502 each; ${canary.dialled} connections to where they lead`,
  );
  assertEquals(canary.dialled, 0);
  assert(
    fleet.of("a").requests.every(({ path }) => path === "/v1/chat/completions"),
  );
});

Deno.test("U21: no second model goes on with what the client has begun to read", async () => {
  await using fleet = await Fleet.start({ config: `${ROUTE}\n${BUDGET}` });
  const ends: Readonly<Record<string, (tokens: number) => UpstreamScript>> = {
    reset: (tokens) => dies(tokens, (call) => call.reset()),
    closed: (tokens) => dies(tokens, (call) => call.cut()),
    error: (tokens) =>
      dies(tokens, (call) => call.write(dialectOf(call).error)),
  };
  let streams = 0;
  for (const [name, script] of Object.entries(ends)) {
    for (const tokens of [1, 2, 50]) {
      const model = `m-${name}-${tokens}`;
      fleet.of("a").on(model, script(tokens));
      const { status, body } = await fleet.answer(ask(model));
      assertEquals(status, 200, model);
      assertEquals(contentOf(body), "t".repeat(tokens), model);
      assert(errorOf(body) && !body.includes("[DONE]"), body.slice(-300));
      assertEquals(fleet.seen(model), [1, 0], model);
      streams++;
    }
  }
  tell(
    "U21",
    `${streams} streams broke after 1 to 50 tokens, 0 were gone on with`,
  );
});

/** Streams so many tokens and ends badly. */
function dies(
  tokens: number,
  end: (call: UpstreamCall) => void | Promise<void>,
): UpstreamScript {
  return async (call) => {
    assert(wantsStream(call));
    const { start, text } = dialectOf(call);
    await call.answer();
    await call.write(start);
    for (let i = 0; i < tokens; i++) await call.write(text("t"));
    await call.wait(30);
    await end(call);
  };
}
