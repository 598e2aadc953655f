// What is told of a request's attempts, in headers and in the log, and what our
// own bounds do to the deployments behind them.
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertMatch,
} from "@std/assert";
import { dialectOf, healthy, reset, silence, status } from "./_faults.ts";
import { Fleet } from "./_fleet.ts";
import { STALL_MS, tell } from "./_measured.ts";
import { ask, type RawAnswer, RawClient } from "./_raw_client.ts";
import { errorOf } from "./_rig.ts";
import { until } from "../logging/_test_wait.ts";

const ROUTE = "routes: [{match: m-*, targets: [a/m-*, b/m-*, c/m-*]}]";
const NAMES = ["a", "b", "c"];
const BUDGET = "retry: {budget: 1}";

/** What an answer's headers say of its attempts. */
function told({ headers }: RawAnswer): readonly (string | undefined)[] {
  return ["provider", "model", "attempts", "fallback"].map((name) =>
    headers.get(`x-llm-proxy-${name}`)?.replace(/ms=\d+/g, "ms=N")
  );
}

/** One attempt as it is logged. */
interface Logged {
  readonly deployment: string;
  readonly reason: string;
  readonly ms: number;
}

/** The attempts of a log line. */
function logged({ attempts }: Record<string, unknown>): Logged[] {
  assert(typeof attempts === "string", "no attempts in the log line");
  return attempts.split(", ").map((item) => {
    const found = /^"([^"]+)";reason=([\w.-]+)(?:;status=\d+)?;ms=(\d+)$/.exec(
      item,
    );
    assert(found, item);
    const [, deployment = "", reason = "", ms] = found;
    return { deployment, reason, ms: Number(ms) };
  });
}

for (const stream of [false, true]) {
  const kind = stream ? "streamed" : "whole";
  Deno.test(`x-llm-proxy headers and the log line tell every attempt of a ${kind} request, whatever became of it`, async () => {
    await using fleet = await Fleet.start({
      names: NAMES,
      config: `${ROUTE}\n${BUDGET}`,
    });
    const [a, b, c] = NAMES.map((name) => fleet.of(name));
    const request = async (model: string): Promise<{
      readonly answer: RawAnswer;
      readonly attempts: Logged[];
    }> => {
      const answer = await fleet.answer(ask(model, { stream }));
      return { answer, attempts: logged(await fleet.line(answer)) };
    };

    const first = await request("m-first");
    assertEquals(first.answer.status, 200);
    assertEquals(told(first.answer), ["a", "m-first", "1", undefined]);
    assertEquals(first.attempts.map(({ reason }) => reason), ["ok"]);

    // Each attempt has the time that it took, not that of those before it.
    a!.on("m-third", async (call) => {
      await call.wait(60);
      await status(500)(call);
    });
    b!.on("m-third", async (call) => {
      await call.wait(20);
      await reset("before_headers")(call);
    });
    const third = await request("m-third");
    assertEquals(third.answer.status, 200);
    assertEquals(told(third.answer), [
      "c",
      "m-third",
      "3",
      `"a/m-third";reason=upstream_error;status=502;ms=N, "b/m-third";reason=upstream_reset;status=502;ms=N`,
    ]);
    assertEquals(
      third.attempts.map(({ deployment, reason }) => `${deployment} ${reason}`),
      ["a/m-third upstream_error", "b/m-third upstream_reset", "c/m-third ok"],
    );
    const [slow, quick] = third.attempts.map(({ ms }) => ms);
    assertGreaterOrEqual(slow!, 58);
    assertGreaterOrEqual(quick!, 18);
    assertLessOrEqual(slow!, 60 + STALL_MS);

    for (const upstream of [a, b, c]) upstream!.on("m-none", status(503));
    const none = await request("m-none");
    assertEquals(none.answer.status, 503);
    assertEquals(told(none.answer).slice(0, 3), ["c", "m-none", "3"]);
    assertMatch(String(told(none.answer)[3]), /^"a\/m-none";.*, "b\/m-none";/);
    assertEquals(
      none.attempts.map(({ reason }) => reason),
      Array(3).fill("upstream_overloaded"),
    );

    // The request's own fault has one attempt, and who found it is told.
    a!.on("m-bad", status(400));
    const bad = await request("m-bad");
    assertEquals(bad.answer.status, 400);
    assertEquals(told(bad.answer), ["a", "m-bad", "1", undefined]);
    assertEquals(bad.attempts.length, 1);

    // Where no attempt was made, that is told: nothing has cost anything.
    const unknown = await fleet.answer(ask("nobody/has-it", { stream }));
    assertEquals(unknown.status, 404);
    assertEquals(told(unknown), [undefined, undefined, "0", undefined]);
    assertEquals((await fleet.line(unknown)).attempts, undefined);
  });
}

Deno.test("A stream that breaks keeps its headers, and the log line has the reason", async () => {
  await using fleet = await Fleet.start({ config: BUDGET });
  fleet.of("a").on("m", async (call) => {
    const { start, text } = dialectOf(call);
    await call.answer();
    await call.write(start + text("hel"));
    await call.wait(40);
    call.reset();
  });
  const answer = await fleet.answer(ask("a/m"));
  assertEquals(told(answer), ["a", "m", "1", undefined]);
  const [attempt] = logged(await fleet.line(answer));
  assertEquals([attempt?.deployment, attempt?.reason], [
    "a/m",
    "upstream_body_cut",
  ]);
  assertGreaterOrEqual(attempt!.ms, 38);
});

Deno.test("A retry of the only deployment is an attempt more, and no fallback", async () => {
  await using fleet = await Fleet.start({
    names: ["a"],
    provider: "max_retries: 2, retry_delay: 0.01",
    config: BUDGET,
  });
  fleet.of("a").next(status(500), status(503));
  const answer = await fleet.answer(ask("a/m"));
  assertEquals(told(answer), ["a", "m", "3", undefined]);
  const attempts = logged(await fleet.line(answer));
  assertEquals(attempts.map(({ reason }) => reason), [
    "upstream_error",
    "upstream_overloaded",
    "ok",
  ]);
});

Deno.test("U18: that our connections are all in use is told, and held against no deployment", async () => {
  const wait = 150;
  for (const adaptive of ["", ", concurrency: {adaptive: true}"]) {
    await using fleet = await Fleet.start({
      provider: (name) => name === "a" ? `max_connections: 2${adaptive}` : "",
      config: `${BUDGET}\nhttp_client: {queue_timeout: ${wait / 1_000}}\n` +
        "circuit_breaker: {failure_threshold: 2}\n" +
        "routes: [{match: m-*, targets: [a/m-*, b/m-*]}]",
    });
    const a = fleet.of("a");
    a.on("holds", silence("in_body"));
    a.usual = healthy();
    const holders: RawClient[] = [];
    for (let i = 0; i < 2; i++) {
      const client = await RawClient.connect(fleet.url);
      holders.push(client);
      await client.send(ask("a/holds"));
      await client.until("hel");
    }
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => fleet.answer(ask("a/m-1"))),
    );
    for (const answer of answers) {
      assertEquals(answer.status, 503, answer.body);
      assertEquals(errorOf(answer.body)?.code, "upstream_pool_exhausted");
      assertEquals(answer.headers.get("retry-after"), "1");
    }
    // Who has somewhere else to go goes there.
    const elsewhere = await fleet.answer(ask("m-1"));
    assertEquals(told(elsewhere).slice(0, 3), ["b", "m-1", "2"]);
    // A connection is free: the very next request has it.
    for (const client of holders) client.leave();
    await until(() => a.gauge.now === 0, "the connections are free");
    const start = performance.now();
    for (const model of ["m-1", "a/m-1"]) {
      const answer = await fleet.answer(ask(model));
      assertEquals(told(answer).slice(0, 3), ["a", "m-1", "1"], answer.body);
    }
    const took = performance.now() - start;
    tell(
      "U18",
      `9 found no connection within ${wait} ms; two were served ${
        Math.round(took)
      } ms after one was free`,
    );
    assertLessOrEqual(took, 500 + STALL_MS);
    assertEquals(fleet.breaker("a/m-1"), []);
  }
});
