// Shadow traffic: copies whose answers are compared and thrown away.
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
} from "@std/assert";
import { healthy, ok, pingOnly, reset, silence, status } from "./_faults.ts";
import { ask } from "./_raw_client.ts";
import { contentOf, errorOf } from "./_rig.ts";
import { type Line, RoutedRig } from "./_routed_rig.ts";
import type { UpstreamScript } from "./_scripted_upstream.ts";
import { CHAT_PIECES, MESSAGES_PIECES } from "./_wire_pieces.ts";
import { until } from "../logging/_test_wait.ts";

const SHADOWED = `
  - {match: m, targets: [a/one], shadow: {target: b/two, share: 1}}
  - {match: other, targets: [a/one], shadow: {target: c/claude-sonnet-4-5, share: 1}}
  - {match: real, targets: [b/two]}
  - {match: none, targets: [a/one], shadow: {target: b/two, share: 0}}
`;

/** Says this as a stream. */
function says(text: string): UpstreamScript {
  return async (call) => {
    await call.answer();
    await call.write(
      CHAT_PIECES.start + CHAT_PIECES.text(text) + CHAT_PIECES.finish,
    );
    await call.end();
  };
}

Deno.test("shadow: a copy is sent with the same words, and both answers are compared in one line", async () => {
  await using rig = await RoutedRig.start({ routes: SHADOWED });
  for (const [index, stream] of [true, false].entries()) {
    const answer = await rig.answer(ask("m", { stream, user: "u" }));
    assertEquals(answer.status, 200);
    assertEquals(answer.headers.get("x-llm-proxy-attempts"), "1");
    const line = await rig.line("shadow", index + 1);
    const [sent, copied] = [rig.a, rig.b].map((it) =>
      JSON.parse(it.requests.at(-1)?.body ?? "{}")
    );
    assertEquals({ ...copied, model: "one" }, sent);
    const {
      request_id: id,
      duration_ms: took,
      shadow_duration_ms: shadowTook,
      ...rest
    } = line;
    assertEquals(id, answer.headers.get("x-request-id"));
    assert(Number(took) > 0 && Number(shadowTook) > 0);
    assertEquals(stream, Number(rest.first_content_ms) > 0);
    assertEquals(stream, Number(rest.shadow_first_content_ms) > 0);
    const expected: Line = {
      deployment: "a/one",
      shadow: "b/two",
      error: undefined,
      same_finish: true,
      same_text: true,
      same_tools: true,
      finish: "stop",
      shadow_finish: "stop",
      text_length: 5,
      shadow_text_length: 5,
      tools: undefined,
      input_tokens: 3,
      shadow_input_tokens: 3,
      output_tokens: 2,
      shadow_output_tokens: 2,
    };
    for (const [key, value] of Object.entries(expected)) {
      assertEquals(rest[key], value, key);
    }
  }
  assertEquals(rig.lines("request").length, 2);
});

Deno.test("shadow: another dialect, other words and called tools are told, and no words are logged", async () => {
  await using rig = await RoutedRig.start({ routes: SHADOWED });
  rig.a.usual = says("forty-two");
  rig.c.usual = async (call) => {
    await call.answer();
    await call.write(
      MESSAGES_PIECES.start + MESSAGES_PIECES.text("43") +
        MESSAGES_PIECES.finish,
    );
    await call.end();
  };
  await rig.answer(ask("other"));
  const line = await rig.line("shadow");
  assertEquals(line.same_text, false);
  assertEquals([line.text_length, line.shadow_text_length], [9, 2]);
  assert(!JSON.stringify(line).includes("forty-two"));

  const call = { id: "c", type: "function" };
  rig.b.usual = ok(JSON.stringify({
    id: "x",
    model: "m-1",
    choices: [{
      index: 0,
      finish_reason: "tool_calls",
      message: {
        role: "assistant",
        content: null,
        tool_calls: [
          { ...call, function: { name: "look", arguments: "{}" } },
          { ...call, id: "d", function: { name: "act", arguments: "{}" } },
        ],
      },
    }],
  }));
  rig.a.usual = healthy();
  await rig.answer(ask("m", { stream: false }));
  const tools = await rig.line("shadow", 2);
  assertEquals(tools.shadow_tools, "look,act");
  assertEquals([tools.same_tools, tools.same_finish], [false, false]);
  assertEquals(tools.shadow_finish, "tool");
});

Deno.test("shadow: whatever becomes of a copy the client has its answer, and the deployment's other traffic too", async () => {
  await using rig = await RoutedRig.start({
    routes: SHADOWED,
    config: "circuit_breaker: {failure_threshold: 2}",
  });
  const faults = [
    status(500),
    status(401),
    status(429, { headers: { "retry-after": "60" } }),
    reset("after_headers"),
    reset("in_body"),
    ok("null"),
  ];
  for (const [index, fault] of faults.entries()) {
    rig.b.usual = fault;
    const answer = await rig.answer(ask("m"));
    assertEquals(contentOf(answer.body), "hello");
    assertEquals(answer.headers.get("x-llm-proxy-attempts"), "1");
    const line = await rig.line("shadow", index + 1);
    assert(typeof line.error === "string", JSON.stringify(line));
    assertEquals(line.same_text, undefined);
  }
  // Asked once each: a copy is never made again.
  assertEquals(rig.b.requests.length, faults.length);
  // No breaker has opened and nothing cools down, for requests of its own.
  rig.b.usual = healthy();
  const real = await rig.answer(ask("real"));
  assertEquals(contentOf(real.body), "hello");
  assertEquals(rig.lines("a circuit breaker has changed"), []);
  assertEquals(rig.lines("a provider's health has changed"), []);
});

Deno.test("shadow: one that hangs harms nobody, and no more than 32 are under way", async () => {
  await using rig = await RoutedRig.start({ routes: SHADOWED });
  rig.b.on("two", silence("before_headers"));
  const start = performance.now();
  for (let i = 0; i < 40; i++) {
    const answer = await rig.answer(ask("m", { stream: i % 2 === 0 }));
    assertEquals(answer.status, 200);
  }
  assertLess(performance.now() - start, 8_000);
  await until(() => rig.b.gauge.now === 32, "32 copies");
  assertEquals(rig.b.requests.length, 32);
  assertEquals(rig.b.gauge.max, 32);
  // The same deployment, and one beside it, serve on.
  rig.b.on("two", healthy());
  const real = await rig.answer(ask("real"));
  assertEquals(contentOf(real.body), "hello");
  // The end of the gateway ends them, without a line.
  await rig.closeGateway();
  await until(() => rig.b.gauge.now === 0, "no copy under way");
  assertEquals(rig.lines("shadow"), []);
});

Deno.test("shadow: copies have time limits, and end by them", async () => {
  await using rig = await RoutedRig.start({
    routes: SHADOWED,
    provider: "timeout: 1",
  });
  rig.b.usual = pingOnly(50);
  const answer = await rig.answer(ask("m"));
  assertEquals(contentOf(answer.body), "hello");
  const line = await rig.line("shadow");
  assertEquals(line.error, "total_timeout");
  assertGreaterOrEqual(Number(line.shadow_duration_ms), 900);
  await until(() => rig.b.gauge.now === 0, "no copy under way");
});

Deno.test("shadow: an answer without an end is read to a bound", async () => {
  await using rig = await RoutedRig.start({ routes: SHADOWED });
  rig.b.usual = async (call) => {
    await call.answer();
    await call.write(CHAT_PIECES.start);
    await call.repeat(CHAT_PIECES.text("x".repeat(100_000)), 0);
  };
  await rig.answer(ask("m"));
  const line = await rig.line("shadow");
  assertEquals(line.error, "upstream_response_too_large");
  assertLessOrEqual(Number(line.shadow_text_length), 2 * 1024 * 1024);
  await until(() => rig.b.gauge.now === 0, "no copy under way");
});

Deno.test("shadow: without an answer there is nothing to compare, and no copy; nor with a share of 0", async () => {
  await using rig = await RoutedRig.start({
    routes: SHADOWED,
    provider: "max_retries: 0",
  });
  await rig.answer(ask("none"));
  rig.a.usual = status(500);
  assertEquals((await rig.answer(ask("m"))).status, 502);
  rig.a.usual = reset("in_body");
  assert(errorOf((await rig.answer(ask("m"))).body));
  assertEquals((await rig.answer(ask("m", { messages: [] }))).status, 400);
  await rig.line("request", 4);
  assertEquals(rig.b.requests.length, 0);
});

Deno.test("shadow: copies count at the limits of their account, and stop at them", async () => {
  await using rig = await RoutedRig.start({
    routes: SHADOWED,
    provider: "rate_limit: 3/hour",
  });
  for (let i = 0; i < 3; i++) await rig.answer(ask("m"));
  await rig.line("shadow", 3);
  assertEquals((await rig.answer(ask("real"))).status, 503);
  assertEquals(rig.b.requests.length, 3);
});
