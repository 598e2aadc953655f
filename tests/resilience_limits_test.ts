// Limits of callers and of accounts, and the places that requests take: over
// sockets. That two processes on one store stay within 5 % is for the tests of
// shared limits to prove; places that are freed at a shutdown, for those of that.
import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertMatch,
} from "@std/assert";
import {
  dialectOf,
  errorInside,
  healthy,
  reset,
  silence,
  status,
} from "./_faults.ts";
import { Fleet } from "./_fleet.ts";
import { Load, type Served } from "./_load.ts";
import { STALL_MS, tell } from "./_measured.ts";
import { ask, post, RawClient } from "./_raw_client.ts";
import { errorOf } from "./_rig.ts";
import type { UpstreamScript } from "./_scripted_upstream.ts";
import { pause, until } from "../logging/_test_wait.ts";

/**
 * How many of these were surely admitted within one window of this length: they
 * were sent and answered in it. When in between a request was admitted nobody
 * sees from outside.
 */
function most(served: readonly Served[], windowMs: number): number {
  return Math.max(
    ...served.map(({ at: from }) =>
      served.filter(({ at, ms }) => at >= from && at + ms <= from + windowMs)
        .length
    ),
  );
}

function remaining(
  { headers }: Pick<Served, "headers">,
): (number | undefined)[] {
  return ["requests", "tokens"].map((unit) => {
    const left = headers[`x-ratelimit-remaining-${unit}`];
    return left === undefined ? undefined : Number(left);
  });
}

Deno.test("L8: 64 clients never get more than a limit allows in any of its windows, and each caller has his own", async () => {
  const keys = ["key-of-team-one-0000", "key-of-team-two-0000"];
  // A second stands for a minute.
  const cases = [
    { limit: "40/second burst 20", rate: 40, window: 60 },
    { limit: "40/second", rate: 40, window: 40 },
  ];
  for (const { limit, rate, window } of cases) {
    await using fleet = await Fleet.start({
      names: ["a"],
      config: `auth: {api_keys: [{name: one, key: ${
        keys[0]
      }}, {name: two, key: ${
        keys[1]
      }}]}\nrate_limit: {enabled: true, default: ${limit}}`,
    });
    using load = new Load(fleet.url);
    const start = performance.now();
    const ms = 1_000;
    const served = await Promise.all(
      keys.map((key, caller) =>
        load.closed(() => ({
          model: `a/m-${caller}`,
          headers: { authorization: `Bearer ${key}` },
        }), {
          clients: 32,
          until: (done) =>
            performance.now() - start > ms && done.length > 2 * rate,
        })
      ),
    );
    const elapsed = performance.now() - start;
    served.forEach((answers, caller) => {
      const good = answers.filter(({ status }) => status === 200);
      const refused = answers.filter(({ status }) => status === 429);
      const seen = most(good, 1_000);
      tell(
        "L8",
        `${limit}, caller ${
          caller + 1
        }: ${good.length} of ${answers.length} admitted in ${
          Math.round(elapsed)
        } ms, at most ${seen} of ${window} in a second`,
      );
      assertEquals(good.length + refused.length, answers.length);
      assertEquals(fleet.seen(`m-${caller}`), [good.length]);
      assertLessOrEqual(seen, window);
      assertLessOrEqual(good.length, window + rate * elapsed / 1_000);
      assertGreaterOrEqual(good.length, rate);
      for (const { headers } of refused) {
        assertGreaterOrEqual(Number(headers["retry-after"]), 1);
        assertGreaterOrEqual(Number(headers["retry-after-ms"]), 1);
      }
    });
  }
});

Deno.test("L8: a refused request consumes nothing of any limit, and Retry-After is true", async () => {
  await using fleet = await Fleet.start({
    names: ["a"],
    config:
      "rate_limit: {enabled: true, default: [3/second burst 3, 3000 tokens/minute]}",
  });
  using load = new Load(fleet.url);
  const large = "x".repeat(16_000);
  // Refused for its tokens: 4,000 of them at once there never are.
  for (let i = 0; i < 10; i++) {
    const refused = await load.ask({ model: "a/m", content: large });
    assertEquals([refused.status, refused.headers["x-should-retry"]], [
      429,
      "false",
    ]);
    assertEquals(remaining(refused), [3, 3_000]);
  }
  const admitted = [];
  for (let i = 0; i < 3; i++) admitted.push(await load.ask({ model: "a/m" }));
  assertEquals(admitted.map(({ status }) => status), [200, 200, 200]);
  // Refused for their number: of tokens they take none. 5 is what each answer came to.
  let last: Served | undefined;
  for (let i = 0; i < 10; i++) {
    last = await load.ask({ model: "a/m" });
    if (last.status === 200) break;
    assertEquals(remaining(last)[1], 3_000 - 15);
  }
  assert(last?.status === 429, "it came too late to be refused");
  const wait = Number(last.headers["retry-after-ms"]);
  await pause(wait + 5);
  const next = await load.ask({ model: "a/m" });
  tell(
    "L8",
    `20 refusals charged 0; told to wait ${wait} ms, and served then: ${next.status}`,
  );
  assertEquals(next.status, 200);
  assertEquals(fleet.seen(), [4]);
});

Deno.test("L8: tokens are reserved by the size of a request, and settled with what it came to, however it ends", async () => {
  const limit = 10_000;
  await using fleet = await Fleet.start({
    names: ["a"],
    config: `rate_limit: {enabled: true, default: ${limit} tokens/hour}`,
  });
  const a = fleet.of("a");
  using load = new Load(fleet.url);
  const content = "x".repeat(8_000);
  const left = async (): Promise<number> => {
    const { headers } = await load.ask({
      model: "a/nothing-there",
      content: "",
    });
    return remaining({ headers })[1]!;
  };
  a.on("nothing-there", status(404));
  const small = limit - await left();
  assertLessOrEqual(small, 60);
  // A request that is under way holds what it may come to.
  a.on("slow", healthy({ firstTokenMs: 150 }));
  const slow = load.ask({ model: "a/slow", content });
  await until(() => fleet.seen("slow")[0] === 1, "it is under way");
  const held = limit - await left();
  assertGreaterOrEqual(held, 2_000);
  assertEquals((await slow).status, 200);
  const spent = limit - await left() - small;
  assertEquals(spent, 5);
  const ends: Readonly<Record<string, readonly [UpstreamScript, number]>> = {
    stream: [healthy(), 5],
    failed: [status(500), 0],
    refused: [status(400), 0],
    reset: [reset("before_headers"), 0],
  };
  let expected = spent;
  for (const [name, [script, tokens]] of Object.entries(ends)) {
    a.on(name, script);
    await load.ask({ model: `a/${name}`, content, stream: name === "stream" });
    expected += tokens;
    assertEquals(limit - await left() - small, expected, name);
  }
  tell(
    "L8",
    `about ${
      held - small
    } tokens reserved for 8,000 bytes, ${spent} booked for 5; 0 for what failed`,
  );
});

Deno.test("L8: each client is told of its limits in the words of its dialect, served or refused", async () => {
  await using fleet = await Fleet.start({
    names: ["a"],
    config:
      "rate_limit: {enabled: true, default: [1/minute burst 1, 9000 tokens/minute]}",
  });
  const messages = [{ role: "user", content: "hi" }];
  const body = { model: "a/m", messages, max_tokens: 9 };
  const words = {
    "/v1/chat/completions": (unit: string, what: string) =>
      `x-ratelimit-${what}-${unit}`,
    "/v1/messages": (unit: string, what: string) =>
      `anthropic-ratelimit-${unit}-${what}`,
  };
  for (const [path, name] of Object.entries(words)) {
    for (const status of [200, 429]) {
      const answer = await fleet.answer(post(body, { path }));
      assertEquals(answer.status, status, answer.body);
      const told = (unit: string, what: string): string | undefined =>
        answer.headers.get(name(unit, what));
      assertEquals(
        [told("requests", "limit"), told("requests", "remaining")],
        ["1", "0"],
      );
      assertEquals(told("tokens", "limit"), "9000");
      const reset = told("requests", "reset") ?? "";
      if (path === "/v1/messages") {
        assertGreater(Date.parse(reset), Date.now() - 1_000);
      } else assertMatch(reset, /^\d+(\.\d+)?m?s$|^1m0s$/);
      const others = path === "/v1/messages" ? "x-ratelimit" : "anthropic-";
      assertEquals(
        [...answer.headers.keys()].filter((it) => it.startsWith(others)),
        [],
      );
      if (status === 200) continue;
      assertGreaterOrEqual(Number(answer.headers.get("retry-after")), 1);
      assertGreaterOrEqual(Number(answer.headers.get("retry-after-ms")), 1);
      assertEquals(answer.headers.get("x-should-retry"), undefined);
    }
  }
});

Deno.test("L8: a stream that is cut, left or ends without a count is charged for what was sent and has come", async () => {
  const limit = 100_000;
  await using fleet = await Fleet.start({
    names: ["a"],
    config: `rate_limit: {enabled: true, default: ${limit} tokens/hour}`,
  });
  const a = fleet.of("a");
  const said = "x".repeat(40_000);
  const half: UpstreamScript = async (call) => {
    const { start, text } = dialectOf(call);
    await call.answer();
    await call.write(start + text(said));
  };
  a.on("cut", async (call) => {
    await half(call);
    call.cut();
  });
  a.on("left", async (call) => {
    await half(call);
    await call.silence();
  });
  let last = limit;
  /** What the request before the last one was charged, and about so much for the last. */
  const spent = async (): Promise<number> => {
    a.on("nothing", status(404));
    const { headers } = await fleet.answer(ask("a/nothing", { stream: false }));
    const left = Number(headers.get("x-ratelimit-remaining-tokens"));
    const spent = last - left;
    last = left;
    return spent;
  };
  const own = await spent();
  const content = "y".repeat(8_000);
  const messages = [{ role: "user", content }];
  await fleet.answer(ask("a/cut", { messages }));
  const cut = await spent();
  const client = await RawClient.connect(fleet.url);
  await client.send(ask("a/left", { messages }));
  await client.until(said.slice(-100));
  client.leave();
  await fleet.settled();
  await until(() => fleet.log.length === 4, "it is booked");
  const left = await spent();
  tell(
    "L8",
    `8,000 letters asked, 40,000 said: ${cut} tokens charged where the stream broke off, ${left} where the client left`,
  );
  for (const charged of [cut, left]) {
    assertGreaterOrEqual(charged, 2_000 + 10_000 - own);
    assertLessOrEqual(charged, 2_000 + 10_000 + 200 + own);
  }
});

Deno.test("L8: a stream that another deployment goes on with is charged for both its parts", async () => {
  const limit = 100_000;
  await using fleet = await Fleet.start({
    config: `rate_limit: {enabled: true, default: ${limit} tokens/hour}
routes: [{match: m, targets: [a/x, b/x], after_commit: continue}]`,
  });
  fleet.of("a").usual = async (call) => {
    const { start, text } = dialectOf(call);
    await call.answer();
    await call.write(start + text("x".repeat(8_000)));
    await call.wait(30);
    call.reset();
  };
  const content = "y".repeat(8_000);
  const answer = await fleet.answer(
    ask("m", { messages: [{ role: "user", content }] }),
  );
  assertEquals(fleet.seen(), [1, 1]);
  assertMatch(answer.body, /: continued at b.*hello.*\[DONE\]/s);
  const line = await fleet.line(answer);
  const second = Number(line.input_tokens) + Number(line.output_tokens);
  const { headers } = await fleet.answer(ask("b/x", { stream: false }));
  const charged = limit - Number(headers.get("x-ratelimit-remaining-tokens"));
  tell(
    "L8",
    `8,000 letters asked, 8,000 said before the break: ${charged} tokens charged, ${second} of them told by who went on`,
  );
  assertGreaterOrEqual(charged, 2_000 + 2_000 + (second || 0));
  assertLessOrEqual(charged, 2_000 + 2_000 + (second || 0) + 2_400);
});

Deno.test("L8: a body whose length is not told is charged by its size, while it is worked on and if nobody tells more", async () => {
  const limit = 100_000;
  await using fleet = await Fleet.start({
    names: ["a"],
    config: `rate_limit: {enabled: true, default: ${limit} tokens/hour}`,
  });
  const release = Promise.withResolvers<void>();
  fleet.of("a").on("slow", async (call) => {
    await release.promise;
    await healthy()(call);
  });
  const body = JSON.stringify({
    model: "a/slow",
    messages: [{ role: "user", content: "y".repeat(200_000) }],
  });
  const client = await RawClient.connect(fleet.url);
  await client.send(
    "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n" +
      "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n" +
      `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  );
  await until(() => fleet.seen("slow")[0] === 1, "it is under way");
  const { headers } = await fleet.answer(ask("a/other", { stream: false }));
  const held = limit - Number(headers.get("x-ratelimit-remaining-tokens"));
  tell("L8", `${held} tokens held for ${body.length} bytes of unknown length`);
  assertGreaterOrEqual(held, 50_000);
  release.resolve();
  await client.answers(1);
  client.leave();
});

Deno.test("L8: an account's own limit is kept by going elsewhere, and callers do not notice", async () => {
  await using fleet = await Fleet.start({
    provider: (name) => name === "a" ? "rate_limit: 20/second burst 5" : "",
    config: "routes: [{match: fast, targets: [a/x, b/x]}]",
  });
  using load = new Load(fleet.url);
  const start = performance.now();
  const served = await load.closed(() => ({ model: "fast" }), {
    clients: 16,
    until: () => performance.now() - start > 1_000,
  });
  const elapsed = (performance.now() - start) / 1_000;
  const [a = 0, b = 0] = fleet.seen();
  tell(
    "L8",
    `an account of 20/second burst 5 was asked ${a} times in ${
      elapsed.toFixed(1)
    } s, the next ${b} times`,
  );
  assert(served.every(({ status }) => status === 200));
  assertLessOrEqual(a, 5 + 20 * elapsed + 1);
  assertGreaterOrEqual(a, 15);
  assertGreater(b, 0);
});

/** How requests end. */
interface Ending {
  readonly script: UpstreamScript;
  /** @default {true} */
  readonly stream?: boolean;
  /** After how long the client leaves, in ms. */
  readonly stays?: number;
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  whole: { script: healthy(), stream: false },
  stream: { script: healthy() },
  refused: { script: status(400) },
  failed: { script: status(500) },
  limited: { script: status(429) },
  reset: { script: reset("before_headers") },
  broken: { script: reset("in_body") },
  "error-inside": { script: errorInside() },
  "no-headers": { script: silence("before_headers") },
  "no-content": { script: silence("after_headers") },
  stall: { script: silence("in_body") },
  "no-end": { script: silence("before_headers"), stream: false },
  endless: {
    script: async (call) => {
      const { start, text } = dialectOf(call);
      await call.answer();
      await call.write(start);
      await call.repeat(text("a"), 20);
    },
  },
  "left-early": { script: silence("before_headers"), stays: 15 },
  "left-late": { script: silence("in_body"), stays: 60 },
};

Deno.test("L9: however requests end, every place that they took is free again within a second", async () => {
  const [places, each, clients] = [4, 40, 8];
  const most = 200;
  await using fleet = await Fleet.start({
    names: ["a", "down"],
    provider:
      `timeout: 1, concurrency: {max: ${places}, max_queue: 3, max_wait: 0.15}`,
    config:
      "http_client: {header_timeout: 0.1, first_token_timeout: 0.1, idle_timeout: 0.1}\n" +
      "circuit_breaker: {failure_threshold: 1000, failure_ratio: 1, min_samples: 1000000}\n" +
      `rate_limit: {enabled: true, default: ${most} concurrent}\nretry: {budget: 1}\n` +
      "routes: [{match: fallback, targets: [down/fallback, a/fallback]}]",
  });
  const a = fleet.of("a");
  await fleet.of("down").refuse();
  let sent = 0;
  const ended = new Map<string, number>();
  const note = (name: string, status: number | undefined): void => {
    sent++;
    const key = `${name} ${status ?? "left"}`;
    ended.set(key, (ended.get(key) ?? 0) + 1);
  };
  const crowd = async (work: () => Promise<void>): Promise<void> => {
    let left = each;
    await Promise.all(Array.from({ length: clients }, async () => {
      while (left-- > 0) await work();
    }));
  };
  const oddities: Readonly<Record<string, string>> = {
    "no-json": post("{"),
    "no-model": post({ messages: [] }),
    "nobody's": ask("nobody/has-it"),
    "can't-connect": ask("down/x"),
    fallback: ask("fallback"),
  };
  await Promise.all([
    ...Object.entries(ENDINGS).map(
      ([name, { script, stream = true, stays }]) => {
        a.on(name, script);
        return crowd(async () => {
          const client = await RawClient.connect(fleet.url);
          await client.send(ask(`a/${name}`, { stream }));
          if (stays !== undefined) await pause(stays * Math.random() * 2);
          const [answer] = stays === undefined ? await client.answers(1) : [];
          client.leave();
          note(name, answer?.status);
        });
      },
    ),
    ...Object.entries(oddities).map(([name, text]) =>
      crowd(async () => note(name, (await fleet.answer(text)).status))
    ),
    crowd(async () => {
      // Leaves within its own request.
      const client = await RawClient.connect(fleet.url);
      await client.send(ask("a/half").slice(0, -10));
      await pause(5);
      client.leave();
      note("half", undefined);
    }),
  ]);
  const end = performance.now();
  await fleet.settled();
  // Every deployment takes as many at once as at first.
  const models = [...Object.keys(ENDINGS), "fallback"];
  const release = Promise.withResolvers<void>();
  for (const model of models) {
    a.on(model, async (call) => {
      await release.promise;
      await healthy()(call);
    });
  }
  const before = new Map(models.map((model) => [model, fleet.seen(model)[0]!]));
  const taken = models.flatMap((model) =>
    Array.from(
      { length: places },
      () => fleet.answer(ask(`a/${model}`, { stream: false })),
    )
  );
  // And so does the caller's own limit.
  const rest = Array.from(
    { length: most - taken.length },
    (_, i) => fleet.answer(ask(`a/other-${i}`, { stream: false })),
  );
  a.usual = async (call) => {
    await release.promise;
    await healthy()(call);
  };
  const arrived = (model: string): number =>
    fleet.seen(model)[0]! - before.get(model)!;
  await until(() => a.gauge.now === most, "all places are taken again");
  const took = performance.now() - end;
  for (const model of models) assertEquals(arrived(model), places, model);
  const over = await fleet.answer(ask("a/one-more"));
  release.resolve();
  const answers = await Promise.all([...taken, ...rest]);
  tell(
    "L9",
    `${sent} requests ended in ${ended.size} ways; 0 of ${places} places at ${models.length} deployments and of ${most} of the caller lost ${
      Math.round(took)
    } ms later`,
  );
  assert(answers.every(({ status }) => status === 200));
  assertEquals([over.status, errorOf(over.body)?.code], [
    429,
    "rate_limit_exceeded",
  ]);
  assertLessOrEqual(took, 1_000 + STALL_MS);
});
