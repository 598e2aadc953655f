// What follows when a stream breaks off after content has reached the client:
// an error event, or where its route says so the rest from another deployment.
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { drip, errorInside, silence, status } from "./_faults.ts";
import { ask, type RawAnswer, RawClient } from "./_raw_client.ts";
import { contentOf, errorOf, eventsOf } from "./_rig.ts";
import { RoutedRig } from "./_routed_rig.ts";
import type { UpstreamScript } from "./_scripted_upstream.ts";
import { CHAT_PIECES, MESSAGES_PIECES } from "./_wire_pieces.ts";
import { until } from "../logging/_test_wait.ts";

const CONTINUING = `
  - {match: m, targets: [a/one, b/two], after_commit: continue}
  - {match: three, targets: [a/one, b/two, c/claude-sonnet-4-5], after_commit: continue}
  - {match: other, targets: [a/one, c/claude-sonnet-4-5], after_commit: continue}
`;

/** Says this much and resets the connection. */
function breaksAfter(text: string, more = ""): UpstreamScript {
  return async (call) => {
    await call.answer();
    await call.write(CHAT_PIECES.start + CHAT_PIECES.text(text) + more);
    await call.wait(30);
    call.reset();
  };
}

/** Says this and ends well. */
function says(text: string, pieces = CHAT_PIECES): UpstreamScript {
  return async (call) => {
    await call.answer();
    await call.write(pieces.start + pieces.text(text) + pieces.finish);
    await call.end();
  };
}

/** The parsed chunks of a stream. */
function chunksOf({ body }: RawAnswer) {
  return eventsOf(body).filter((data) => data !== "[DONE]")
    .map((data) => JSON.parse(data));
}

/** One answer for its client: one head, one role, one end. */
function isOneAnswer(answer: RawAnswer, text: string): void {
  assertEquals(answer.status, 200);
  assert(answer.complete);
  assertEquals(contentOf(answer.body), text);
  assertEquals(answer.body.match(/\[DONE\]/g)?.length, 1);
  assertEquals(answer.body.match(/"role"/g)?.length, 1);
  assertEquals(answer.body.match(/"finish_reason":"stop"/g)?.length, 1);
  assertEquals(errorOf(answer.body), undefined);
  const heads = chunksOf(answer).map(({ id, created, model }) =>
    JSON.stringify([id, created, model])
  );
  assertEquals(new Set(heads).size, 1);
}

Deno.test("continue: another deployment goes on with a text that broke off, in the same stream", async () => {
  await using rig = await RoutedRig.start({ routes: CONTINUING });
  rig.a.usual = breaksAfter("Hel");
  rig.b.usual = says("lo");
  const answer = await rig.answer(ask("m"));
  isOneAnswer(answer, "Hello");
  assertStringIncludes(answer.body, ": continued at b/two\n\n");
  // Only where the seam is.
  assert(
    answer.body.indexOf("Hel") < answer.body.indexOf(": continued") &&
      answer.body.indexOf(": continued") < answer.body.indexOf('"lo"'),
  );
  assertEquals(answer.headers.get("x-llm-proxy-provider"), "a");
  const [first] = rig.a.requests;
  const [second] = rig.b.requests;
  const [before, after] = [JSON.parse(first!.body), JSON.parse(second!.body)];
  assertEquals(after.messages.slice(0, 1), before.messages);
  assertEquals(after.messages[1], { role: "assistant", content: "Hel" });
  assertEquals(after.messages[2].role, "user");
  assertEquals(after.messages.length, 3);
  const line = await rig.line("request");
  assertMatch(
    String(line.attempts),
    /^"a\/one";reason=\w+;.*"b\/two";reason=ok/,
  );
  assertStringIncludes(
    String(line.loss),
    "approximated: answer.content (continued at b/two)",
  );
  assertEquals([line.status, line.error, line.finish], [
    200,
    undefined,
    "stop",
  ]);
});

Deno.test("continue: the usage of both is summed, in the log and for a client that asked", async () => {
  await using rig = await RoutedRig.start({ routes: CONTINUING });
  // It tells its counts and then breaks off all the same.
  rig.a.usual = breaksAfter(
    "Hel",
    `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}\n\n`,
  );
  rig.b.usual = says("lo");
  const answer = await rig.answer(
    ask("m", { stream_options: { include_usage: true } }),
  );
  assertEquals(contentOf(answer.body), "Hello");
  const { usage } = chunksOf(answer).at(-1);
  assertEquals([usage.prompt_tokens, usage.completion_tokens], [6, 3]);
  const line = await rig.line("request");
  assertEquals([line.input_tokens, line.output_tokens], [6, 3]);
});

Deno.test("continue: another dialect goes on as well", async () => {
  await using rig = await RoutedRig.start({ routes: CONTINUING });
  rig.a.usual = breaksAfter("Hel ");
  rig.c.usual = says("lo", MESSAGES_PIECES);
  isOneAnswer(await rig.answer(ask("other")), "Hel lo");
  const { messages } = JSON.parse(rig.c.requests[0]!.body);
  assertEquals(
    messages.map(({ role }: { role: string }) => role),
    ["user", "assistant", "user"],
  );
});

Deno.test("continue: what breaks off again goes on with all that was said; three attempts are the most", async () => {
  await using rig = await RoutedRig.start({ routes: CONTINUING });
  rig.a.usual = breaksAfter("1");
  rig.b.usual = breaksAfter("2");
  rig.c.usual = says("3", MESSAGES_PIECES);
  isOneAnswer(await rig.answer(ask("three")), "123");
  const { messages } = JSON.parse(rig.c.requests[0]!.body);
  assertStringIncludes(JSON.stringify(messages[1]), '"12"');
  rig.c.usual = async (call) => {
    await call.answer();
    await call.write(MESSAGES_PIECES.start + MESSAGES_PIECES.text("3"));
    call.cut();
  };
  const answer = await rig.answer(ask("three"));
  assertEquals(contentOf(answer.body.replace(/data: {"error.*/, "")), "123");
  assert(errorOf(answer.body));
  assertEquals([rig.a, rig.b, rig.c].map((it) => it.requests.length), [
    2,
    2,
    2,
  ]);
});

Deno.test("U6: where going on fails too, the client gets the error that broke the answer off", async () => {
  await using rig = await RoutedRig.start({
    routes: CONTINUING,
    provider: "max_retries: 0",
  });
  for (const fault of [status(500), status(400), errorInside()]) {
    rig.a.usual = breaksAfter("Hel");
    rig.b.usual = fault;
    const answer = await rig.answer(ask("m"));
    assertEquals(answer.status, 200);
    assert(!answer.body.includes("[DONE]"));
    assert(!answer.body.includes("continued at"));
    const error = errorOf(answer.body);
    assertEquals(error?.code, "upstream_body_cut");
    assertEquals(error?.request_id, answer.headers.get("x-request-id"));
  }
  const line = await rig.line("request", 3);
  assertEquals(line.error, "upstream_body_cut");
  assertEquals(rig.b.requests.length, 3);
});

Deno.test("U21: without a route that says so no second model is ever spliced in", async () => {
  await using rig = await RoutedRig.start({
    routes: `
  - {match: plain, targets: [a/one, b/two]}
  - {match: told, targets: [a/one, b/two], after_commit: error, fallbacks: [b/two]}`,
  });
  rig.a.usual = breaksAfter("Hel");
  for (const model of ["plain", "told"]) {
    const answer = await rig.answer(ask(model));
    assertEquals(answer.status, 200);
    assertEquals(errorOf(answer.body)?.code, "upstream_body_cut");
    assert(!answer.body.includes("[DONE]"));
  }
  assertEquals(rig.b.requests.length, 0);
});

Deno.test("continue: only plain text is gone on with", async () => {
  await using rig = await RoutedRig.start({
    routes: CONTINUING,
    config: "circuit_breaker: {failure_threshold: 100}",
  });
  const call = { index: 0, id: "c", function: { name: "f", arguments: "{" } };
  const calls = `data: ${
    JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [call] } }] })
  }\n\n`;
  const cases: Record<string, [UpstreamScript, Record<string, unknown>]> = {
    "a tool call": [breaksAfter("Hel", calls), {}],
    "a schema": [breaksAfter("Hel"), {
      response_format: { type: "json_schema", json_schema: { name: "n" } },
    }],
    "JSON": [breaksAfter("Hel"), { response_format: { type: "json_object" } }],
    "two choices": [breaksAfter("Hel"), { n: 2 }],
    "log probabilities": [breaksAfter("Hel"), { logprobs: true }],
    "nothing but blanks": [breaksAfter(" \n"), {}],
  };
  for (const [name, [script, more]] of Object.entries(cases)) {
    rig.a.usual = script;
    const answer = await rig.answer(ask("m", more));
    assert(errorOf(answer.body), name);
  }
  assertEquals(rig.b.requests.length, 0);
});

Deno.test("U16: going on comes out of the retry budget", async () => {
  await using rig = await RoutedRig.start({
    routes: CONTINUING,
    config: "retry: {budget: 0.01}\ncircuit_breaker: {failure_threshold: 100}",
  });
  rig.a.usual = breaksAfter("Hel");
  rig.b.usual = breaksAfter("lo");
  for (let i = 0; i < 8; i++) {
    assert(errorOf((await rig.answer(ask("m"))).body));
  }
  // The floor is three.
  assertEquals(rig.b.requests.length, 3);
});

Deno.test("L3: a client that leaves while another deployment is asked to go on ends that too", async () => {
  await using rig = await RoutedRig.start({ routes: CONTINUING });
  rig.a.usual = breaksAfter("Hel");
  rig.b.usual = silence("before_headers");
  const client = await RawClient.connect(rig.url);
  await client.send(ask("m"));
  await until(() => rig.b.requests.length === 1, "a second attempt");
  client.leave();
  await until(() => rig.b.gauge.now === 0, "no request under way");
  const line = await rig.line("request");
  assertEquals(line.error, "client_closed");
});

Deno.test("continue: a stream that goes well is as it was", async () => {
  await using rig = await RoutedRig.start({ routes: CONTINUING });
  rig.a.usual = drip(0, 7);
  const answer = await rig.answer(ask("m"));
  isOneAnswer(answer, "hello");
  assertEquals(rig.b.requests.length, 0);
});
