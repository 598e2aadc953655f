// How a listener ends: what is on its way is served, what takes too long is
// told why, and nobody holds the exit.
import { listen, type Listener } from "@llm-proxy/api";
import { assert, assertEquals } from "@std/assert";
import { ask, type RawAnswer } from "./_raw_client.ts";
import { contentOf, errorOf, Rig, soon } from "./_rig.ts";
import { CHAT_PIECES, DIALECTS } from "./_wire_pieces.ts";
import { until } from "../logging/_test_wait.ts";

const HEALTH = "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";

/** A rig and its listener. */
async function startRig(): Promise<{ rig: Rig; listener: Listener }> {
  let listener: Listener | undefined;
  const rig = await Rig.start({
    listening: async (app, server) => {
      listener = await listen(app, { ...server, port: 0 });
      return listener;
    },
  });
  assert(listener);
  return { rig, listener };
}

/** The error of an answer that a shutdown ended. */
function isShutdown(answer: RawAnswer | undefined, status: number): void {
  assertEquals(answer?.status, status);
  assert(answer?.complete, "cut off");
  assertEquals(errorOf(answer.body)?.code, "shutting_down");
}

Deno.test("P1, L13: at the deadline every request ends in an error that its client is told, and none is taken for a client that left", async () => {
  const { rig: running, listener } = await startRig();
  await using rig = running;
  const streams = await Promise.all(DIALECTS.map(async (wire) => {
    const model = `${wire.provider}-stream`;
    rig.upstream.on(model, async (call) => {
      await call.answer();
      await call.write(wire.start + wire.text("a"));
      await call.silence();
    });
    const client = await rig.send(ask(`${wire.provider}/${model}`));
    await client.until(`"a"`);
    return { client, model };
  }));
  rig.upstream.on("m", (call) => call.silence());
  const waiting = [
    await rig.send(ask("oa/m", { stream: false })),
    await rig.send(ask("oa/m")),
  ];
  await until(() => rig.upstream.calls.length === 4, "all calls");
  // Two that wait behind each other, within whose bodies it ends.
  const pipelined = await rig.send(ask("oa/m") + ask("oa/m").slice(0, -1));
  await until(() => rig.upstream.calls.length === 5, "all calls");
  const silent = [
    await rig.connect(),
    await rig.send("GET /health HTTP/1.1\r\n"),
  ];

  const start = performance.now();
  await soon(listener.close(300), "the end of the listener");
  const ms = performance.now() - start;
  assert(ms >= 295 && ms < 10_000, `${ms} ms`);

  for (const { client, model } of streams) {
    await soon(client.closed, model);
    const [answer] = await client.answers(Infinity);
    isShutdown(answer, 200);
    assertEquals(contentOf(answer?.body ?? ""), "a");
    assert(!answer?.body.includes("[DONE]"));
    const line = await rig.line(model);
    assertEquals([line.status, line.error], [200, "shutting_down"]);
  }
  for (const client of [...waiting, pipelined]) {
    await soon(client.closed, "the end of the connection");
    const answers = await client.answers(Infinity);
    assertEquals(answers.length, client === pipelined ? 2 : 1);
    for (const answer of answers) {
      isShutdown(answer, 503);
      assert(Number(answer.headers.get("retry-after")) >= 1);
    }
    assertEquals(answers.at(-1)?.headers.get("connection"), "close");
  }
  for (const client of silent) await soon(client.closed, "the silent ones");
  const { calls } = rig.upstream;
  await soon(Promise.all(calls.map(({ left }) => left)), "leaving for all");
  await until(() => rig.log.length === 6, "all log lines");
  const errors = rig.log.map(({ error }) => error);
  assertEquals(new Set(errors), new Set(["shutting_down"]));
});

Deno.test("L13: a stream that passes ends in an error event at the deadline, and is cut", async () => {
  const { rig: running, listener } = await startRig();
  await using rig = running;
  rig.upstream.on("m", async (call) => {
    await call.answer();
    await call.write(CHAT_PIECES.start + CHAT_PIECES.text("a"));
    await call.silence();
  });
  const client = await rig.send(
    ask("m").replace("/v1/chat/completions", "/p/oa/chat/completions"),
  );
  await client.until(`"a"`);
  await soon(listener.close(100), "the end of the listener");
  await soon(client.closed, "the end of the connection");
  const [answer] = await client.answers(Infinity);
  assertEquals(answer?.complete, false);
  const events = answer?.body.split("\n\n") ?? [];
  assert(events.at(-2)?.startsWith("event: error\n"), answer?.body);
  assert(events.at(-2)?.includes("shutting_down"));
});

Deno.test("P1, P3: while it ends answers say that the connection closes, and what comes meanwhile is served", async () => {
  const { rig: running, listener } = await startRig();
  await using rig = running;
  const { start, text, finish, whole } = CHAT_PIECES;
  rig.upstream.on("stream", async (call) => {
    await call.answer();
    await call.write(start + text("a"));
    await call.wait(1_500);
    await call.write(finish);
    await call.end();
  });
  rig.upstream.on("slow", async (call) => {
    await call.wait(300);
    await call.whole(whole);
  });
  const stream = await rig.send(ask("oa/stream"));
  await stream.until(`"a"`);
  const slow = ask("oa/slow", { stream: false });
  const [pipelined, idle] = [
    await rig.send(slow + slow),
    await rig.send(HEALTH),
  ];
  await idle.answers(1);
  await until(() => rig.upstream.calls.length === 3, "all calls");
  const unused = await rig.connect();

  const at = performance.now();
  const closed = listener.close(10_000);
  await idle.send(slow);
  const [, last] = await idle.answers(2);
  assertEquals([last?.status, last?.headers.get("connection")], [200, "close"]);
  const fresh = await rig.answer(HEALTH);
  assertEquals([fresh.status, fresh.headers.get("connection")], [200, "close"]);
  const answers = await pipelined.answers(2);
  assertEquals(answers.map(({ status }) => status), [200, 200]);
  assertEquals(answers[1]?.headers.get("connection"), "close");
  for (const client of [idle, pipelined, unused]) {
    await soon(client.closed, "the end of the connection");
  }
  assert(performance.now() - at < 5_000, "connections without a request wait");
  const [answer] = await stream.answers(1);
  assert(answer?.complete && answer.body.endsWith("data: [DONE]\n\n"));
  await soon(closed, "the end of the listener");
  assert(performance.now() - at < 8_000, "it waited for nobody");
});

Deno.test("P1: a second call hastens the end, and one more changes nothing", async () => {
  const { rig: running, listener } = await startRig();
  await using rig = running;
  rig.upstream.on("m", (call) => call.silence());
  const client = await rig.send(ask("oa/m", { stream: false }));
  await rig.upstream.call("m");
  const start = performance.now();
  const first = listener.close(60_000);
  await Promise.all([first, listener.close(100), listener.close(30_000)]);
  assert(performance.now() - start < 5_000);
  isShutdown((await client.answers(Infinity))[0], 503);
  await listener.close(0);
});

Deno.test("P1: a client that does not read holds the end for a moment only", async () => {
  const { rig: running, listener } = await startRig();
  await using rig = running;
  rig.upstream.on("m", async (call) => {
    await call.answer();
    await call.write(CHAT_PIECES.start);
    while (!call.gone) await call.write(CHAT_PIECES.text("x".repeat(8_000)));
  });
  const client = await rig.connect();
  client.pause();
  await client.send(ask("oa/m"));
  const call = await rig.upstream.call("m");
  await until(() => call.accepted > 1_000_000, "the flood begins");
  const start = performance.now();
  await soon(listener.close(0), "the end of the listener");
  assert(performance.now() - start < 3_000);
  assertEquals((await rig.line("m")).error, "shutting_down");
});
