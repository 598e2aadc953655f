// Faults that a config asks for, on a running gateway.
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertStringIncludes,
} from "@std/assert";
import { Fleet } from "./_fleet.ts";
import { tell } from "./_measured.ts";
import { ask, type RawAnswer, RawClient } from "./_raw_client.ts";
import { contentOf, errorOf } from "./_rig.ts";
import { until } from "../logging/_test_wait.ts";

/** A config with one fault that strikes every attempt at the first provider. */
function striking(fault: string, clocks = ""): string {
  return `chaos_engineering: {enabled: true, faults: [{${fault}, probability: 1, match: {provider: a}}]}
routes: [{match: m-*, targets: [a/m-*, b/m-*]}]
http_client: {${clocks}}
retry: {budget: 1}`;
}

function codeOf({ body }: RawAnswer): unknown {
  return errorOf(body)?.code;
}

/** Asks whole and streamed, the first provider alone; tells what came, in order. */
async function alone(fleet: Fleet, model: string): Promise<RawAnswer[]> {
  return [
    await fleet.answer(ask(`a/${model}`, { stream: false })),
    await fleet.answer(ask(`a/${model}`, { stream: true })),
  ];
}

/** Asserts that where there is another provider it answers, and nobody notices but the headers. */
async function movesOn(
  fleet: Fleet,
  { stream, reason }: { readonly stream: boolean; readonly reason: string },
): Promise<void> {
  const model = `m-${reason}-${stream}`;
  const answer = await fleet.answer(ask(model, { stream }));
  assertEquals(answer.status, 200);
  assertEquals(answer.headers.get("x-llm-proxy-provider"), "b");
  assertStringIncludes(
    answer.headers.get("x-llm-proxy-fallback") ?? "",
    `"a/${model}";reason=${reason}`,
  );
}

Deno.test("chaos delay: an answer comes so much later, and is the provider's", async () => {
  await using fleet = await Fleet.start({
    config: striking("type: delay, delay: 0.15"),
  });
  let others = 0;
  for (const stream of [false, true]) {
    const start = performance.now();
    const answer = await fleet.answer(ask("a/m", { stream }));
    const took = performance.now() - start;
    tell("chaos", `delay of 150 ms: ${Math.round(took)} ms`);
    assertEquals(answer.status, 200);
    assertGreaterOrEqual(took, 148);
    // The other one's come at once, if not each of them on a busy machine.
    let least = Infinity;
    for (let tries = 0; least >= 148 && tries < 20; tries++) {
      const at = performance.now();
      assertEquals((await fleet.answer(ask("b/m", { stream }))).status, 200);
      least = Math.min(least, performance.now() - at);
      others++;
    }
    assertLess(least, 148);
  }
  assertEquals(fleet.seen(), [2, others]);
});

Deno.test("chaos delay: a client that leaves in it costs the provider nothing", async () => {
  await using fleet = await Fleet.start({
    config: striking("type: delay, delay: 0.15"),
  });
  const client = await RawClient.connect(fleet.url);
  await client.send(ask("a/m"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  client.leave();
  await until(() => fleet.log.length === 1, "a log line");
  await new Promise((resolve) => setTimeout(resolve, 200));
  assertEquals(fleet.log[0]?.error, "client_closed");
  assertEquals(fleet.seen(), [0, 0]);
});

Deno.test("chaos error: its status is told as if the provider had said it, who is not asked", async () => {
  for (
    const [status, told, code] of [
      [503, 503, "upstream_overloaded"],
      [undefined, 502, "upstream_error"],
      [400, 400, "invalid_request"],
    ] as const
  ) {
    const fault = `type: error${status ? `, status: ${status}` : ""}`;
    await using fleet = await Fleet.start({ config: striking(fault) });
    for (const answer of await alone(fleet, "m")) {
      assertEquals([answer.status, codeOf(answer)], [told, code], answer.body);
    }
    assertEquals(fleet.seen(), [0, 0]);
    if (status === 400) continue;
    for (const stream of [false, true]) {
      await movesOn(fleet, { stream, reason: code });
    }
  }
});

Deno.test("chaos rate_limit: 429 with its Retry-After, and the deployment cools as after a real one", async () => {
  await using fleet = await Fleet.start({
    config: striking("type: rate_limit, retry_after: 7"),
  });
  const answer = await fleet.answer(ask("a/m"));
  assertEquals([answer.status, codeOf(answer)], [429, "rate_limit_exceeded"]);
  assertEquals(answer.headers.get("retry-after"), "7");
  const [cooling] = await alone(fleet, "m");
  assertEquals(
    [cooling?.status, codeOf(cooling!)],
    [503, "no_deployment_available"],
  );
  const [first, second] = [
    await fleet.answer(ask("m-1")),
    await fleet.answer(ask("m-1")),
  ];
  assertEquals(
    [first, second].map(({ headers }) => headers.get("x-llm-proxy-attempts")),
    ["2", "1"],
  );
  assertEquals(fleet.seen(), [0, 2]);
});

Deno.test("chaos timeout: the clocks run out, or its own time does", async () => {
  for (
    const [fault, least] of [["type: timeout", 300], [
      "type: timeout, delay: 0.05",
      50,
    ]] as const
  ) {
    const clocks = "header_timeout: 0.3, total_timeout: 0.6";
    await using fleet = await Fleet.start({ config: striking(fault, clocks) });
    const start = performance.now();
    const answer = await fleet.answer(ask("a/m"));
    const took = performance.now() - start;
    tell("chaos", `${fault}: ${answer.status} after ${Math.round(took)} ms`);
    assertEquals([answer.status, codeOf(answer)], [504, "headers_timeout"]);
    assertGreaterOrEqual(took, least - 2);
    await movesOn(fleet, { stream: true, reason: "headers_timeout" });
    // A whole answer has no clock for its headers, only one for all of it.
    const reason = least === 300 ? "total_timeout" : "headers_timeout";
    await movesOn(fleet, { stream: false, reason });
    assertEquals(fleet.seen()[0], 0);
  }
});

Deno.test("chaos network_failure: refused or reset, both at times, and never asked", async () => {
  await using fleet = await Fleet.start({
    config: striking("type: network_failure"),
  });
  const codes = new Set<unknown>();
  for (let i = 0; i < 64 && codes.size < 2; i++) {
    const answer = await fleet.answer(ask(`a/m-${i}`));
    assertEquals(answer.status, 502);
    codes.add(codeOf(answer));
  }
  assertEquals(codes, new Set(["upstream_connect_failed", "upstream_reset"]));
  const answer = await fleet.answer(ask("m-on"));
  assertEquals(answer.headers.get("x-llm-proxy-provider"), "b");
  assertEquals(fleet.seen()[0], 0);
});

Deno.test("chaos cut_stream: a stream breaks off after so many events, and whoever has read some of it is told", async () => {
  for (const events of [0, 1, 2]) {
    await using fleet = await Fleet.start({
      config: striking(`type: cut_stream, after_events: ${events}`),
    });
    const answer = await fleet.answer(ask("a/m"));
    if (events < 2) {
      // Before the first content nothing was promised yet.
      assertEquals([answer.status, codeOf(answer)], [502, "upstream_body_cut"]);
      await movesOn(fleet, { stream: true, reason: "upstream_body_cut" });
    } else {
      assertEquals(answer.status, 200);
      assertEquals(contentOf(answer.body), "hello");
      assertEquals(codeOf(answer), "upstream_body_cut");
      assert(!answer.body.includes("[DONE]"));
      const routed = await fleet.answer(ask("m-1"));
      assertEquals(codeOf(routed), "upstream_body_cut");
      assertEquals(fleet.seen("m-1"), [1, 0]);
    }
  }
});

Deno.test("chaos strikes what it is meant for alone, and as often as it is meant to", async () => {
  const fault = (match: string, more = "probability: 1"): string =>
    `{type: error, status: 500, ${more}, match: {${match}}}`;
  await using fleet = await Fleet.start({
    config: `chaos_engineering: {enabled: true, faults: [${
      [
        fault("model: struck"),
        fault("route: /v1/embeddings"),
        fault("provider: b, model: half", "probability: 0.5"),
        fault("provider: b, model: never", "probability: 0"),
      ].join(", ")
    }]}
circuit_breaker: {failure_threshold: 1000, failure_ratio: 1, min_samples: 1000000}`,
  });
  const count = async (model: string, times: number): Promise<number> => {
    let struck = 0;
    for (let i = 0; i < times; i++) {
      const { status } = await fleet.answer(ask(model, { stream: false }));
      if (status === 502) struck++;
      else assertEquals(status, 200);
    }
    return struck;
  };
  assertEquals(await count("a/struck", 5), 5);
  assertEquals(await count("b/struck", 5), 5);
  assertEquals(await count("a/spared", 5), 0);
  assertEquals(await count("b/never", 20), 0);
  const half = await count("b/half", 100);
  tell("chaos", `${half} of 100 struck at a probability of 0.5`);
  assert(half > 20 && half < 80, `${half}`);
});

Deno.test("chaos is refused unless it is enabled", async () => {
  for (const enabled of ["", "enabled: false, "]) {
    for (
      const type of [
        "delay, delay: 1",
        "error",
        "rate_limit",
        "timeout",
        "network_failure",
        "cut_stream",
      ]
    ) {
      const refused = await Fleet.start({
        config:
          `chaos_engineering: {${enabled}faults: [{type: ${type}, probability: 0.1}]}`,
      }).then(async (fleet) => {
        await fleet[Symbol.asyncDispose]();
        return undefined;
      }, (error) => String(error));
      assertStringIncludes(refused ?? "it started", "chaos_engineering");
      assertStringIncludes(refused ?? "", "enabled is true");
    }
  }
  // Enabled and without a fault it is idle.
  await using fleet = await Fleet.start({
    config: "chaos_engineering: {enabled: true}",
  });
  assertEquals((await fleet.answer(ask("a/m"))).status, 200);
});
