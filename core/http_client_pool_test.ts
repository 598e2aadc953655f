import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { failure, readText, send } from "./_test_http.ts";
import { type TestRequest, TestUpstream } from "./_test_upstream.ts";
import { HttpClient } from "./http_client.ts";
import { pause, until } from "../logging/_test_wait.ts";

Deno.test("HttpClient keeps a connection and uses it again", async () => {
  await using upstream = await TestUpstream.start((r) => r.respond(r.path));
  const client = new HttpClient();
  for (let i = 0; i < 20; i++) {
    let connected = 0;
    const response = await send(client, upstream.url(`/${i}`), {
      body: "{}",
      onConnected: () => connected++,
    });
    assertEquals(connected, 1);
    assertEquals(await readText(response.body), `/${i}`);
  }
  assertEquals(upstream.connections, 1);
  client.close();
});

Deno.test("HttpClient opens a connection for each request under way", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    await until(() => upstream.requests.length % 10 === 0);
    await r.respond("x");
  });
  const client = new HttpClient();
  for (let round = 0; round < 2; round++) {
    await Promise.all(Array.from({ length: 10 }, async () => {
      await readText((await send(client, upstream.url())).body);
    }));
  }
  assertEquals(upstream.connections, 10);
  client.close();
});

Deno.test("maxConnections makes further requests wait, in order", async () => {
  const waiting: TestRequest[] = [];
  await using upstream = await TestUpstream.start((r) => {
    waiting.push(r);
  });
  const client = new HttpClient({ maxConnections: 2 });
  const done: string[] = [];
  const work = Array.from({ length: 6 }, async (_, i) => {
    const response = await send(client, upstream.url(`/${i}`));
    done.push(await readText(response.body));
  });
  for (let i = 0; i < 6; i++) {
    await until(() => waiting.length > 0);
    await pause(2);
    assert(waiting.length <= 2);
    const request = waiting.shift()!;
    // Every other answer costs its connection: the next in line gets a new one.
    await request.respond(request.path, i % 2 ? { connection: "close" } : {});
    if (i % 2) request.end();
  }
  await Promise.all(work);
  assertEquals(done.sort(), ["/0", "/1", "/2", "/3", "/4", "/5"]);
  assertEquals(
    upstream.requests.map((r) => r.path),
    ["/0", "/1", "/2", "/3", "/4", "/5"],
  );
  client.close();
});

Deno.test("L1: a request that is aborted while it waits leaves the queue and is never sent", async () => {
  const held: TestRequest[] = [];
  await using upstream = await TestUpstream.start((r) => {
    held.push(r);
  });
  const client = new HttpClient({ maxConnections: 1 });
  const first = send(client, upstream.url("/first"));
  await until(() => held.length === 1);
  const controller = new AbortController();
  const left = send(client, upstream.url("/left"), {
    signal: controller.signal,
  });
  const last = send(client, upstream.url("/last"));
  const reason = new Error("left");
  controller.abort(reason);
  assertEquals(await assertRejects(() => left), reason);
  await held[0]!.respond("1");
  await readText((await first).body);
  await until(() => held.length === 2);
  await held[1]!.respond("2");
  assertEquals(await readText((await last).body), "2");
  assertEquals(upstream.requests.map((r) => r.path), ["/first", "/last"]);
  client.close();
});

Deno.test("maxConnections frees the place of an aborted request at once", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    if (r.path !== "/silent") await r.respond("x");
  });
  const client = new HttpClient({ maxConnections: 1 });
  const controller = new AbortController();
  const silent = send(client, upstream.url("/silent"), {
    signal: controller.signal,
  });
  const next = send(client, upstream.url("/next"));
  await until(() => upstream.requests.length === 1);
  controller.abort(new Error("left"));
  await assertRejects(() => silent);
  assertEquals(await readText((await next).body), "x");
  client.close();
});

Deno.test("maxConnections frees the place of a connection that failed", async () => {
  const upstream = await TestUpstream.start(() => {});
  const { port } = upstream;
  await upstream.close();
  const client = new HttpClient({ maxConnections: 1 });
  const url = `http://127.0.0.1:${port}/`;
  const codes = await Promise.all(
    Array.from({ length: 5 }, () => failure(send(client, url))),
  );
  assertEquals(codes, Array(5).fill("upstream_connect_failed"));
  client.close();
});

Deno.test("HttpClient refuses requests beyond the queue's cap", async () => {
  await using upstream = await TestUpstream.start(() => {});
  const client = new HttpClient({ maxConnections: 1 });
  const work = Array.from(
    { length: 4_098 },
    () => failure(send(client, upstream.url())),
  );
  assertEquals(await work.at(-1), "upstream_pool_exhausted");
  client.close();
  const codes = await Promise.all(work.slice(0, -1));
  assertEquals(new Set(codes), new Set(["upstream_transport_closed"]));
});

Deno.test("maxKeepAliveConnections caps what is kept", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    await until(() => upstream.requests.length >= 5);
    await r.respond("x");
  });
  const client = new HttpClient({ maxKeepAliveConnections: 2 });
  await Promise.all(Array.from({ length: 5 }, async () => {
    await readText((await send(client, upstream.url())).body);
  }));
  await until(() => upstream.open === 2);
  client.close();
});

Deno.test("keepAliveExpiry closes what is not used, and nothing else", async () => {
  await using upstream = await TestUpstream.start((r) => r.respond("x"));
  const client = new HttpClient({ keepAliveExpiry: 60 });
  let last = performance.now();
  let most = 1;
  for (let i = 0; i < 6; i++) {
    const now = performance.now();
    // Where the machine kept it from being used it may have been closed.
    if (now - last > 60) most++;
    last = now;
    await readText((await send(client, upstream.url())).body);
    await pause(20);
  }
  const { connections } = upstream;
  assert(connections <= most, `${connections} connections, not ${most}`);
  const at = performance.now();
  await until(() => upstream.open === 0);
  assertLess(performance.now() - at, 10_000);
  await readText((await send(client, upstream.url())).body);
  assertEquals(upstream.connections, connections + 1);
  client.close();
});

Deno.test("U15: the peer's keep-alive timeout is heeded, with a second to spare", async () => {
  await using upstream = await TestUpstream.start((r) =>
    r.respond("x", { "keep-alive": `timeout=${r.path.slice(1)}, max=9` })
  );
  const client = new HttpClient();
  for (const [path, open] of [["/5", 1], ["/1", 0]] as const) {
    const response = await send(client, upstream.url(path));
    assertEquals(response.headers["keep-alive"], undefined);
    await readText(response.body);
    await pause(20);
    assertEquals(upstream.open, open);
  }
  client.close();
});

Deno.test("U15: a connection that the peer closed while it was idle is not used", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    await r.respond("x");
    r.end();
  });
  const client = new HttpClient();
  for (let i = 1; i <= 3; i++) {
    await readText((await send(client, upstream.url())).body);
    await until(() => upstream.open === 0);
    assertEquals(upstream.connections, i);
  }
  assertEquals(upstream.requests.length, 3);
  client.close();
});

Deno.test("an idle connection on which the peer speaks unasked is closed, and its words are no answer", async () => {
  for (const delay of [undefined, 10]) {
    await using upstream = await TestUpstream.start(async (r) => {
      if (r.connection > 1) return r.respond("right");
      const smuggled = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong";
      const answer = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx";
      if (delay === undefined) return r.write(answer + smuggled);
      await r.write(answer);
      await pause(delay);
      await r.write(smuggled);
    });
    const client = new HttpClient();
    await readText((await send(client, upstream.url())).body);
    await pause(30);
    const response = await send(client, upstream.url());
    assertEquals(await readText(response.body), "right");
    client.close();
  }
});

Deno.test("an unread answer holds its connection until it is cancelled", async () => {
  await using upstream = await TestUpstream.start((r) => r.respond("x"));
  const client = new HttpClient({ maxConnections: 1 });
  const first = await send(client, upstream.url("/first"));
  const second = send(client, upstream.url("/second"));
  await pause(20);
  assertEquals(upstream.requests.length, 1);
  first.body.cancel();
  assertEquals(await readText((await second).body), "x");
  client.close();
});
