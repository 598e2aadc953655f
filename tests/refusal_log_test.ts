// What the listener refuses by itself is told to whoever listens with it.
import { listen, type Listener } from "@llm-proxy/api";
import { assert, assertEquals } from "@std/assert";
import type { ListenerRefusal } from "../api/listener_refusal.ts";
import type { Listening } from "./_gateway.ts";
import { ask } from "./_raw_client.ts";
import { errorOf, Rig, soon } from "./_rig.ts";
import { CHAT_PIECES } from "./_wire_pieces.ts";
import { until } from "../logging/_test_wait.ts";

/** Notes every refusal. */
function noting(refusals: ListenerRefusal[]): Listening {
  return (app, server): Promise<Listener> =>
    listen(app, { ...server, port: 0 }, {
      onRefusal: (refusal) => void refusals.push(refusal),
    });
}

Deno.test("C13: listen() tells of what it refuses, with what the client was told", async () => {
  const refusals: ListenerRefusal[] = [];
  await using rig = await Rig.start({
    listening: noting(refusals),
    config: "server: {header_timeout: 0.3, body_timeout: 0.3}\n",
  });
  rig.upstream.on("m", (call) => call.whole(CHAT_PIECES.whole));
  const requests: Readonly<Record<string, string>> = {
    invalid_target: "GET http://x/ HTTP/1.1\r\nhost: localhost\r\n\r\n",
    invalid_host: "GET / HTTP/1.1\r\n\r\n",
    method_not_allowed: "CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n",
    malformed_request: "nonsense\r\n\r\n",
    header_too_large: `GET / HTTP/1.1\r\nx: ${"x".repeat(50_000)}\r\n\r\n`,
    expectation_failed:
      "GET / HTTP/1.1\r\nhost: localhost\r\nexpect: magic\r\n\r\n",
    request_timeout: "GET / HTTP/1.1\r\n",
  };
  for (const [code, request] of Object.entries(requests)) {
    refusals.length = 0;
    const { status, body } = await rig.answer(request);
    const requestId = errorOf(body)?.request_id;
    await until(() => refusals.length > 0, code);
    assertEquals(refusals, [
      { code, status, requestId, count: 1 } as ListenerRefusal,
    ]);
  }
  // What the gateway answers is on its own log, and not told twice.
  refusals.length = 0;
  const request = ask("oa/m", { stream: false });
  assertEquals((await rig.answer(request)).status, 200);
  assertEquals((await rig.answer(ask("none"))).status, 404);
  const slow = await rig.answer(request.slice(0, -1));
  assertEquals([slow.status, refusals], [408, []]);
  await until(() => rig.log.length === 3, "three lines");

  // Where an answer would be taken for another's there is none.
  rig.upstream.on("slow", (call) => call.silence());
  const mixed = await rig.send(ask("oa/slow", { stream: false }) + "nonsense");
  await soon(mixed.closed, "the cut");
  assertEquals(refusals, [{ code: "malformed_request", count: 1 }]);
});

Deno.test("C9: connections over the cap are counted, and told once a second at most", async () => {
  const refusals: ListenerRefusal[] = [];
  {
    await using rig = await Rig.start({
      listening: noting(refusals),
      config: "server: {max_connections: 1, header_timeout: 0.1}\n",
    });
    const held = await rig.send(ask("oa/held"));
    await rig.upstream.call("held");
    for (let round = 0; round < 3; round++) {
      const clients = await Promise.all(
        Array.from({ length: 30 }, () => rig.connect()),
      );
      await soon(Promise.all(clients.map(({ closed }) => closed)), "the end");
    }
    held.leave();
  }
  assert(refusals.every(({ code }) => code === "too_many_connections"));
  const counts = refusals.map(({ count }) => count);
  assertEquals(counts.reduce((sum, count) => sum + count), 90);
  assert(refusals.length <= 4, `${refusals.length} times`);
});
