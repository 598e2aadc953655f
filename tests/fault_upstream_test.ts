import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { connect as connectTls } from "node:tls";
import { Capacity } from "./_capacity.ts";
import { certificate } from "./_certificates.ts";
import * as faults from "./_faults.ts";
import { FaultUpstream } from "./_fault_upstream.ts";
import { ask, post, type RawAnswer, RawClient } from "./_raw_client.ts";
import type { Framing } from "./_replay_upstream.ts";
import type { UpstreamScript } from "./_scripted_upstream.ts";
import { until } from "../logging/_test_wait.ts";

/** Asks on a connection of its own; resolves with all that came once it is closed or answered. */
async function exchange(
  upstream: FaultUpstream,
  text: string = ask("m"),
): Promise<{ text: string; answer: RawAnswer | undefined; reset: boolean }> {
  const client = await RawClient.connect(upstream.origin);
  await client.send(text);
  const [answer] = await client.answers(1);
  client.leave();
  await client.closed;
  return { text: client.text, answer, reset: client.wasReset };
}

async function answerOf(script: UpstreamScript): Promise<RawAnswer> {
  await using upstream = await FaultUpstream.start({ usual: script });
  const { answer } = await exchange(upstream);
  assert(answer);
  return answer;
}

Deno.test("FaultUpstream answers well in both dialects, whole and as a stream", async () => {
  await using upstream = await FaultUpstream.start();
  for (const path of ["/v1/chat/completions", "/v1/messages"]) {
    for (const stream of [true, false]) {
      const { answer } = await exchange(
        upstream,
        post({ model: "m", stream }, { path }),
      );
      assertEquals(answer?.status, 200);
      assert(answer?.complete);
      assertStringIncludes(answer.body, "hello");
      assertEquals(
        answer.body.includes("message_stop"),
        stream && path === "/v1/messages",
      );
      assertEquals(
        answer.body.includes("[DONE]"),
        stream && path !== "/v1/messages",
      );
    }
  }
});

Deno.test("FaultUpstream takes its script by header, by model, by turn, or the usual one", async () => {
  await using upstream = await FaultUpstream.start();
  upstream.on("slow", faults.status(529));
  upstream.on("m-2", faults.status(500));
  upstream.next(faults.status(429), faults.status(503));
  const requests = [
    ask("m"),
    ask("m-2"),
    post({ model: "m-2" }, { headers: "x-fault: slow\r\n" }),
    ask("m"),
    post("no json", { headers: "x-fault: unknown\r\n" }),
  ];
  const statuses: (number | undefined)[] = [];
  for (const request of requests) {
    statuses.push((await exchange(upstream, request)).answer?.status);
  }
  assertEquals(statuses, [429, 500, 529, 503, 200]);
  assertEquals(
    upstream.requests.map(({ script }) => script),
    ["turn", "m-2", "slow", "turn", "usual"],
  );
});

Deno.test("FaultUpstream keeps the truth: ids, bytes, credentials, when each thing was", async () => {
  await using upstream = await FaultUpstream.start();
  const text = post({ model: "m", stream: false }, {
    headers:
      "x-request-id: req_7\r\nauthorization: Bearer k\r\nx-api-key: l\r\n",
  });
  const start = performance.now();
  const { text: received } = await exchange(upstream, text);
  const [truth] = upstream.requests;
  assert(truth);
  await until(() => truth.leftAt !== undefined, "its end");
  assertEquals(truth.id, "req_7");
  assertEquals([truth.number, truth.connection, truth.model], [1, 1, "m"]);
  assertEquals([truth.method, truth.path], ["POST", "/v1/chat/completions"]);
  assertEquals(truth.body, `{"model":"m","stream":false}`);
  assertEquals(truth.bytesIn, text.length);
  assertEquals(truth.bytesOut, received.length);
  assertEquals(truth.credentials, ["authorization: Bearer k", "x-api-key: l"]);
  const times = [
    start,
    truth.at,
    truth.endedAt,
    truth.leftAt,
    performance.now(),
  ];
  assertEquals(times, times.toSorted((a = 0, b = 0) => a - b));
  const [connection] = upstream.connections;
  assertEquals(connection?.bytesIn, text.length);
  assertEquals(connection?.closedAt, truth.leftAt);
});

Deno.test("FaultUpstream refuses while it is down, on the same port before and after", async () => {
  await using upstream = await FaultUpstream.start();
  const { origin } = upstream;
  const kept = await RawClient.connect(origin);
  await kept.send(ask("m"));
  await kept.answers(1);
  await upstream.refuse();
  await kept.closed;
  await assertRejects(() => RawClient.connect(origin), Error, "ECONNREFUSED");
  await upstream.accept();
  assertEquals(upstream.origin, origin);
  assertEquals((await exchange(upstream)).answer?.status, 200);
});

Deno.test("FaultUpstream resets, closes or ignores connections that come, and notes them", async () => {
  await using upstream = await FaultUpstream.start();
  for (const welcome of ["reset", "close"] as const) {
    upstream.welcome = welcome;
    const client = await RawClient.connect(upstream.origin).catch(() => {});
    await client?.send(ask("m"));
    await client?.closed;
    assertEquals(client?.text ?? "", "", welcome);
  }
  upstream.welcome = "silence";
  const client = await RawClient.connect(upstream.origin);
  await client.send(ask("m"));
  await until(() => (upstream.connections.at(-1)?.bytesIn ?? 0) > 0, "bytes");
  assertEquals(client.text, "");
  client.leave();
  await until(() => upstream.open === 0, "its end");
  upstream.welcome = (socket) => void socket.end("SSH-2.0-x\r\n");
  const odd = await RawClient.connect(upstream.origin);
  await odd.closed;
  assertEquals(odd.text, "SSH-2.0-x\r\n");
  odd.leave();
  assertEquals(upstream.requests.length, 0);
  assertEquals(upstream.connections.length, 4);
});

Deno.test("faults: resets and closes come where they should", async () => {
  const seen: [faults.Place, RegExp][] = [
    ["before_headers", /^$/],
    ["in_headers", /^HTTP\/1\.1 200 OK\r\ncontent-ty$/],
    ["after_headers", /\r\n\r\n$/],
    ["in_body", /"hel".*\r\n$/s],
  ];
  for (const [place, pattern] of seen) {
    for (const kind of ["reset", "close"] as const) {
      await using upstream = await FaultUpstream.start({
        usual: faults[kind](place),
      });
      const { text, answer, reset } = await exchange(upstream);
      assert(pattern.test(text), `${kind} ${place}: ${text}`);
      assert(!answer?.complete);
      assertEquals(reset, kind === "reset", `${kind} ${place}`);
    }
  }
});

Deno.test("faults: silence and pings last until the other side leaves", async () => {
  const scripts: [UpstreamScript, string][] = [
    [faults.silence("before_headers"), ""],
    [faults.silence("after_headers"), "\r\n\r\n"],
    [faults.silence("in_body"), "hel"],
    [faults.pingOnly(5), ": ping\n\n"],
  ];
  for (const [usual, expected] of scripts) {
    await using upstream = await FaultUpstream.start({ usual });
    const client = await RawClient.connect(upstream.origin);
    await client.send(ask("m"));
    await until(() => upstream.gauge.now === 1, "the request");
    await client.until(expected);
    const before = client.text.length;
    await new Promise((resolve) => setTimeout(resolve, 40));
    assertEquals(client.text.length > before, usual === scripts[3]?.[0]);
    assertEquals([upstream.gauge.now, client.ended], [1, false]);
    client.leave();
    await until(() => upstream.gauge.now === 0, "its end");
    assert(upstream.requests[0]?.leftAt !== undefined);
  }
});

Deno.test("faults: a cut body is told by each framing, an unfinished stream by none", async () => {
  for (const framing of ["length", "chunked", "close"] as const) {
    const answer = await answerOf(faults.cut(framing));
    // A body that the end of the connection ends can't tell a cut.
    assertEquals(answer.complete, framing === "close", framing);
    assertStringIncludes(answer.body, '"hel"');
    const whole = await answerOf(faults.unfinished(framing satisfies Framing));
    assert(whole.complete, framing);
    assert(!whole.body.includes("[DONE]"), framing);
  }
});

Deno.test("faults: bytes, types, statuses and headers go out as they are", async () => {
  const html = await answerOf(faults.ok("<html>", "text/html"));
  assertEquals(html.headers.get("content-type"), "text/html");
  assertEquals([html.status, html.body], [200, "<html>"]);
  const busy = await answerOf(
    faults.status(529, { headers: { "retry-after": "3" }, body: "x" }),
  );
  assertEquals([busy.status, busy.body], [529, "x"]);
  assertEquals(busy.headers.get("retry-after"), "3");
  const moved = await answerOf(faults.redirect(307, "http://127.0.0.1:1/"));
  assertEquals(moved.headers.get("location"), "http://127.0.0.1:1/");
  const error = await answerOf(faults.errorInside());
  assertEquals(error.status, 200);
  assertStringIncludes(error.body, "Overloaded");
  await using upstream = await FaultUpstream.start({
    usual: faults.raw("HTTP/9.9 what\n\n\0"),
  });
  assertEquals((await exchange(upstream)).text, "HTTP/9.9 what\n\n\0");
});

Deno.test("faults: a slow first token comes after the head, a drip piece by piece", async () => {
  await using upstream = await FaultUpstream.start({
    usual: faults.healthy({ firstTokenMs: 60 }),
  });
  const client = await RawClient.connect(upstream.origin);
  await client.send(ask("m"));
  await client.until("\r\n\r\n");
  assert(!client.text.includes("hello"));
  const head = performance.now();
  await client.until("[DONE]");
  assertGreaterOrEqual(performance.now() - head, 30);
  client.leave();
  upstream.usual = faults.drip(1, 100);
  const dripped = await RawClient.connect(upstream.origin);
  await dripped.send(ask("m"));
  const [answer] = await dripped.answers(1);
  assertGreaterOrEqual(dripped.arrivals.length, 5);
  assertStringIncludes(answer?.body ?? "", "[DONE]");
  dripped.leave();
});

Deno.test("Capacity serves so many at once, in turn, and drops who has left", async () => {
  const capacity = new Capacity({ parallel: 2, serviceMs: 40 });
  await using upstream = await FaultUpstream.start({
    usual: capacity.before(faults.healthy()),
  });
  const clients = await Promise.all(
    Array.from({ length: 6 }, () => RawClient.connect(upstream.origin)),
  );
  const start = performance.now();
  for (const client of clients) void client.send(ask("m"));
  await until(() => upstream.gauge.now === 6, "all");
  assertEquals([capacity.busy, capacity.waiting], [2, 4]);
  // One that is worked on leaves, and one that waits.
  const [busy, , , , , last] = clients;
  busy?.leave();
  last?.leave();
  await Promise.all(clients.slice(1, 5).map((client) => client.answers(1)));
  await until(() => upstream.gauge.now === 0, "the end");
  assertGreaterOrEqual(performance.now() - start, 75);
  assertEquals([capacity.busy, capacity.waiting, capacity.served], [0, 0, 4]);
  assertEquals(upstream.gauge.max, 6);
  upstream.gauge.reset();
  assertEquals(upstream.gauge.max, 0);
  for (const client of clients) client.leave();
});

Deno.test("FaultUpstream speaks TLS with any certificate, and sees who will not have it", async () => {
  const tls = certificate("valid");
  await using upstream = await FaultUpstream.start({ tls });
  const { port } = new URL(upstream.origin);
  const talk = (ca: string | undefined): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connectTls(
        { host: "127.0.0.1", port: Number(port), ...(ca && { ca }) },
        () => socket.write(ask("m", { stream: false })),
      );
      socket.on("data", (bytes: Uint8Array) => {
        resolve(new TextDecoder().decode(bytes));
        socket.destroy();
      });
      socket.on("error", reject);
    });
  await assertRejects(() => talk(undefined));
  assertEquals(upstream.requests.length, 0);
  assertStringIncludes(await talk(tls.cert), "HTTP/1.1 200");
  assertEquals(upstream.requests.length, 1);
  await until(() => upstream.open === 0, "their end");
  // One that never shakes hands is closed with the rest.
  const mute = await RawClient.connect(upstream.origin);
  await until(() => upstream.open === 1, "its beginning");
  await upstream.refuse();
  await mute.closed;
  mute.leave();
});

Deno.test("FaultUpstream shows what a TLS client sends to a silent plain port", async () => {
  await using upstream = await FaultUpstream.start();
  upstream.welcome = "silence";
  const { port } = new URL(upstream.origin);
  const socket = connectTls({ host: "127.0.0.1", port: Number(port) });
  socket.on("error", () => {});
  await until(() => (upstream.connections[0]?.bytesIn ?? 0) > 0, "a hello");
  assertEquals(upstream.connections[0]?.firstBytes.charCodeAt(0), 0x16);
  socket.destroy();
  await until(() => upstream.open === 0, "its end");
});

Deno.test("FaultUpstream tells at its end what a script threw", async () => {
  const upstream = await FaultUpstream.start({
    usual: async (call) => {
      await call.whole("{}");
      throw new Error("A script is broken");
    },
  });
  await exchange(upstream);
  assertLess(upstream.requests.length, 2);
  await assertRejects(() => upstream.close(), Error, "A script is broken");
});
