import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { connectFault, upstreamFault } from "./_http_errors.ts";
import { failure, readCut, readText, send } from "./_test_http.ts";
import { type TestRequest, TestUpstream } from "./_test_upstream.ts";
import { UpstreamError } from "./errors.ts";
import { HttpClient } from "./http_client.ts";
import { pause, until } from "../logging/_test_wait.ts";

/** For a machine that is shared; alone it takes about a millisecond, and no other clock is as short. */
const MAX_CLOSE_MS = 5_000;

const HEAD = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${HEAD}transfer-encoding: chunked\r\n\r\n`;
const SECRETS = ["s3cret", "127.0.0.1", "Bearer", "invalid.example"];

/** Everything that a log could show of an error. */
function shown(error: unknown): string {
  return Deno.inspect(error, { depth: 20, showHidden: true, getters: true })
    .replaceAll(/^\s+at .*$/gm, "");
}

Deno.test("P-22: a body that is cut rejects, whatever its framing", async (t) => {
  const cuts: Record<string, [wire: string, text: string, code: string]> = {
    "content-length too short": [
      `${HEAD}content-length: 9\r\n\r\nabc`,
      "abc",
      "upstream_body_cut",
    ],
    "no byte of the body": [
      `${HEAD}content-length: 9\r\n\r\n`,
      "",
      "upstream_body_cut",
    ],
    "chunked without terminator": [
      `${CHUNKED}3\r\nabc\r\n`,
      "abc",
      "upstream_body_cut",
    ],
    "inside a chunk": [`${CHUNKED}9\r\nabc`, "abc", "upstream_body_cut"],
    "inside the terminator": [
      `${CHUNKED}3\r\nabc\r\n0\r\n`,
      "abc",
      "upstream_body_cut",
    ],
    "a chunk size that is none": [
      `${CHUNKED}3\r\nabc\r\nzz\r\n`,
      "",
      "upstream_invalid_response",
    ],
    "until close, where a cut can't be told": [`${HEAD}\r\nabc`, "abc", "none"],
  };
  for (const [name, [wire, text, code]] of Object.entries(cuts)) {
    await t.step(name, async () => {
      await using upstream = await TestUpstream.start(async (r) => {
        await r.write(wire);
        await pause(10);
        r.end();
      });
      const client = new HttpClient();
      const { body } = await send(client, upstream.url());
      assertEquals(await readCut(body), { text, code });
      await until(() => upstream.open === 0);
      client.close();
    });
  }
});

Deno.test("P-22: a reset rejects a body, whatever its framing", async (t) => {
  const wires: Record<string, string> = {
    "content-length": `${HEAD}content-length: 9\r\n\r\nabc`,
    "chunked": `${CHUNKED}3\r\nabc\r\n`,
    "until close": `${HEAD}\r\nabc`,
  };
  for (const [name, wire] of Object.entries(wires)) {
    await t.step(name, async () => {
      await using upstream = await TestUpstream.start(async (r) => {
        await r.write(wire);
        await pause(20);
        r.reset();
      });
      const client = new HttpClient();
      const { body } = await send(client, upstream.url());
      const { code } = await readCut(body);
      assertEquals(code, "upstream_body_cut");
      client.close();
    });
  }
});

Deno.test("UpstreamBody.pump() rejects when the cut came before it was called", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    await r.write(`${HEAD}content-length: 9\r\n\r\nabc`);
    r.end();
  });
  const client = new HttpClient();
  const { body } = await send(client, upstream.url());
  await until(() => upstream.open === 0);
  assertEquals(await failure(readText(body)), "upstream_body_cut");
  client.close();
});

Deno.test("U1: a connection that is refused, reset or closed is an upstream fault", async () => {
  const upstream = await TestUpstream.start(() => {});
  const { port } = upstream;
  await upstream.close();
  const client = new HttpClient();
  assertEquals(
    await failure(send(client, `http://127.0.0.1:${port}/`)),
    "upstream_connect_failed",
  );
  client.close();

  const ends: ((r: TestRequest) => void)[] = [(r) => r.end(), (r) => r.reset()];
  for (const end of ends) {
    await using upstream = await TestUpstream.start(end);
    const client = new HttpClient();
    assertEquals(await failure(send(client, upstream.url())), "upstream_reset");
    // A first request on a connection is never sent twice.
    await pause(20);
    assertEquals(upstream.requests.length, 1);
    client.close();
  }
});

Deno.test("U1: a connection that is closed on accept is an upstream fault", async () => {
  await using upstream = await TestUpstream.start(() => {}, {
    onConnection: ({ socket }) => {
      socket.resetAndDestroy();
      return false;
    },
  });
  const client = new HttpClient();
  const code = await failure(send(client, upstream.url(), { body: "{}" }));
  // Which one depends on whether the reset outruns the connection.
  assert(["upstream_reset", "upstream_connect_failed"].includes(code), code);
  client.close();
});

Deno.test("U1: a name that does not resolve is an upstream fault, by its raw error", () => {
  const raw = Object.assign(new Error("getaddrinfo ENOTFOUND a.invalid"), {
    code: "ENOTFOUND",
    syscall: "getaddrinfo",
    hostname: "a.invalid",
  });
  const error = upstreamFault(connectFault(raw), raw);
  assertEquals([error.kind, error.status], ["upstream", 502]);
  assertEquals(error.code, "upstream_dns_failed");
  assert(!shown(error).includes("a.invalid"));
});

Deno.test({
  name: "U1: a name that does not resolve is an upstream fault",
  ignore: Deno.permissions.querySync({ name: "net", host: "nowhere.invalid" })
    .state !== "granted",
  async fn() {
    const client = new HttpClient();
    for (const scheme of ["http", "https"]) {
      const client = new HttpClient();
      assertEquals(
        await failure(send(client, `${scheme}://nowhere.invalid/`)),
        "upstream_dns_failed",
      );
      client.close();
    }
    client.close();
  },
});

Deno.test("an answer that is no HTTP is an upstream fault", async () => {
  const answers = [
    "SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/1.1 abc\r\n\r\n",
    `${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\nx`,
    `${HEAD}bad header\r\n\r\n`,
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
  ];
  for (const answer of answers) {
    await using upstream = await TestUpstream.start((r) => r.write(answer));
    const client = new HttpClient();
    const code = await failure(send(client, upstream.url(), { body: "{}" }));
    const expected = answer.includes(" 101 ")
      ? "upstream_reset"
      : "upstream_invalid_response";
    assertEquals(code, expected, answer);
    client.close();
  }
});

Deno.test("X11: errors hold no address, no query and no header", async () => {
  const refused = await TestUpstream.start(() => {});
  const { port } = refused;
  await refused.close();
  const wires = [
    "",
    "garbage s3cret\r\n\r\n",
    `${HEAD}content-length: 9\r\n\r\ns`,
  ];
  await using upstream = await TestUpstream.start(async (r) => {
    await r.write(wires[Number(r.path.slice(1, 2))] ?? "");
    r.end();
  });
  const urls = [
    `http://127.0.0.1:${port}/?key=s3cret`,
    ...wires.map((_, i) => upstream.url(`/${i}?key=s3cret`)),
  ];
  for (const url of urls) {
    const client = new HttpClient();
    const error = await assertRejects(async () => {
      const response = await send(client, url, {
        body: '{"prompt":"s3cret"}',
        headers: { authorization: "Bearer s3cret" },
      });
      await readText(response.body);
    }, UpstreamError);
    const text = shown(error);
    for (const secret of [...SECRETS, String(port), String(upstream.port)]) {
      assert(!text.includes(secret), `${secret} in ${text}`);
    }
    client.close();
  }
});

Deno.test("U15: a kept connection that the peer closed as we sent is retried once, on a fresh one", async () => {
  const ends: ((r: TestRequest) => void)[] = [(r) => r.end(), (r) => r.reset()];
  for (const end of ends) {
    await using upstream = await TestUpstream.start(async (r) => {
      if (r.path === "/first") await r.respond("a");
      else if (r.connection <= 2) end(r);
      else await r.respond(r.body);
    });
    const client = new HttpClient();
    // Two connections are kept, both about to go stale.
    const firsts = ["/first", "/first"].map((path) =>
      send(client, upstream.url(path))
    );
    for (const first of firsts) await readText((await first).body);
    let connected = 0;
    const response = await send(client, upstream.url("/second"), {
      body: "payload",
      onConnected: () => connected++,
    });
    assertEquals(await readText(response.body), "payload");
    assertEquals(connected, 2);
    const paths = upstream.requests.map((r) => r.path);
    assertEquals(paths, ["/first", "/first", "/second", "/second"]);
    assertEquals(upstream.requests.at(-1)?.connection, 3);
    client.close();
  }
});

Deno.test("U15: the second try is the last", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    if (r.path === "/first") await r.respond("a");
    else r.reset();
  });
  const client = new HttpClient();
  await readText((await send(client, upstream.url("/first"))).body);
  assertEquals(
    await failure(send(client, upstream.url("/second"))),
    "upstream_reset",
  );
  assertEquals(upstream.requests.length, 3);
  client.close();
});

Deno.test("U15: no second try once a byte of the answer has come", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    if (r.path === "/first") return r.respond("a");
    await r.write("HTTP/1.1 200");
    await pause(10);
    r.end();
  });
  const client = new HttpClient();
  await readText((await send(client, upstream.url("/first"))).body);
  assertEquals(
    await failure(send(client, upstream.url("/second"))),
    "upstream_reset",
  );
  assertEquals(upstream.requests.length, 2);
  client.close();
});

Deno.test("U15: no second try where the peer had time to work on the first", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    if (r.path === "/first") return r.respond("a");
    await pause(300);
    r.end();
  });
  const client = new HttpClient();
  await readText((await send(client, upstream.url("/first"))).body);
  assertEquals(
    await failure(send(client, upstream.url("/second"))),
    "upstream_reset",
  );
  assertEquals(upstream.requests.length, 2);
  client.close();
});

Deno.test("U15: requests that race with the peer's closing all succeed, each executed once", async () => {
  let executed = 0;
  await using upstream = await TestUpstream.start(async (r) => {
    // A server that has closed its side works on nothing further.
    if (!r.socket.writable) return r.reset();
    executed++;
    await r.respond(r.body);
    // Closes the kept connection just as the next request comes.
    setTimeout(() => r.end(), executed % 4);
  });
  const client = new HttpClient();
  for (let i = 0, tries = 0; i < 200; tries++) {
    assert(tries < 400);
    const at = performance.now();
    try {
      const response = await send(client, upstream.url(), { body: `${i}` });
      assertEquals(await readText(response.body), `${i++}`);
    } catch (error) {
      // Heard of so late, on a busy machine, that the peer may have been at work.
      if (performance.now() - at < 100) throw error;
    }
    await pause(i % 4);
    assertEquals(executed, i);
  }
  client.close();
  await pause(5);
});

Deno.test("U15: an answer that comes before the request is through is delivered", async () => {
  const big = "x".repeat(8_000_000);
  await using upstream = await TestUpstream.start(() => {}, {
    onConnection: ({ socket }) => {
      socket.once("data", () => {
        socket.pause();
        socket.write(`HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig`);
      });
      return false;
    },
  });
  // The connection is stuck in the request: only its end makes room for another.
  const client = new HttpClient({ maxConnections: 1 });
  for (let i = 1; i <= 2; i++) {
    const response = await send(client, upstream.url(), { body: big });
    assertEquals(response.status, 413);
    assertEquals(await readText(response.body), "big");
    assertEquals(upstream.connections, i);
  }
  client.close();
});

Deno.test("U15: an answer that is whole stands, though the connection breaks under the rest of the request", async () => {
  const big = "x".repeat(8_000_000);
  await using upstream = await TestUpstream.start(() => {}, {
    onConnection: ({ socket }) => {
      socket.once("data", () => {
        socket.pause();
        socket.write(`HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig`);
        setTimeout(() => socket.resetAndDestroy(), 20);
      });
      return false;
    },
  });
  const client = new HttpClient();
  const { status, body } = await send(client, upstream.url(), { body: big });
  assertEquals(status, 413);
  await until(() => upstream.open === 0);
  await pause(20);
  assertEquals(await readText(body), "big");
  client.close();
});

Deno.test("HttpClient.send() rejects with what the clock threw, or the reason of an abort in it", async () => {
  await using upstream = await TestUpstream.start((r) => r.respond("x"));
  const client = new HttpClient();
  const fault = new Error("no");
  const work = () =>
    send(client, upstream.url(), {
      onConnected: () => {
        throw fault;
      },
    });
  assertEquals(await assertRejects(work), fault);
  const controller = new AbortController();
  const left = send(client, upstream.url(), {
    signal: controller.signal,
    onConnected: () => controller.abort(fault),
  });
  assertEquals(await assertRejects(() => left), fault);
  await until(() => upstream.connections === 2 && upstream.open === 0);
  assertEquals(upstream.requests.length, 0);
  client.close();
});

Deno.test("L1: an abort while the peer is silent closes the connection at once, also a kept one, and sends nothing again", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    if (r.path === "/first") await r.respond("a");
  });
  const client = new HttpClient();
  for (const kept of [false, true]) {
    if (kept) await readText((await send(client, upstream.url("/first"))).body);
    const controller = new AbortController();
    const before = upstream.requests.length;
    const work = send(client, upstream.url("/silent"), {
      body: "{}",
      signal: controller.signal,
    });
    await until(() => upstream.requests.length > before);
    const request = upstream.requests.at(-1)!;
    assertEquals(request.connection, kept ? 2 : 1);
    const reason = new Error("left");
    const at = performance.now();
    controller.abort(reason);
    assertEquals(await assertRejects(() => work), reason);
    assertLess(await request.closed - at, MAX_CLOSE_MS);
    await pause(30);
    assertEquals(upstream.requests.length, before + 1);
  }
  client.close();
});

Deno.test("L1: an abort while the body runs closes the connection at once", async () => {
  await using upstream = await TestUpstream.start((r) =>
    r.write(`${CHUNKED}3\r\nabc\r\n`)
  );
  const client = new HttpClient();
  for (const paused of [false, true]) {
    const controller = new AbortController();
    const response = await send(client, upstream.url(), {
      signal: controller.signal,
    });
    let taken = 0;
    const work = response.body.pump((chunk) => {
      taken += chunk.length;
      if (paused) return new Promise(() => {});
    });
    await until(() => taken === 3);
    const reason = new Error("left");
    const at = performance.now();
    controller.abort(reason);
    assertEquals(await assertRejects(() => work), reason);
    assertLess(await upstream.requests.at(-1)!.closed - at, MAX_CLOSE_MS);
  }
  client.close();
});

Deno.test("C2: many leave at once, and each connection is closed", async () => {
  await using upstream = await TestUpstream.start((r) =>
    r.write(`${CHUNKED}3\r\nabc\r\n`)
  );
  const client = new HttpClient();
  const controller = new AbortController();
  const { signal } = controller;
  let taken = 0;
  const work = Array.from({ length: 200 }, async () => {
    const { body } = await send(client, upstream.url(), { signal });
    await body.pump((chunk) => {
      taken += chunk.length;
    });
  });
  const settled = Promise.allSettled(work);
  await until(() => taken === 600);
  const reason = new Error("left");
  const at = performance.now();
  controller.abort(reason);
  for (const result of await settled) {
    assertEquals(result, { status: "rejected", reason });
  }
  await until(() => upstream.open === 0);
  assertLess(performance.now() - at, MAX_CLOSE_MS);
  client.close();
});

Deno.test("HttpClient.send() rejects with the reason of a signal that is aborted already", async () => {
  await using upstream = await TestUpstream.start((r) => r.respond("x"));
  const client = new HttpClient();
  const reason = new Error("too late");
  const signal = AbortSignal.abort(reason);
  const work = () => send(client, upstream.url(), { signal });
  assertEquals(await assertRejects(work), reason);
  assertEquals(upstream.connections, 0);
  client.close();
});

Deno.test("HttpClient.send() leaves nothing behind on a long-lived signal", async () => {
  await using upstream = await TestUpstream.start((r) => r.respond("x"));
  const client = new HttpClient();
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };
  await readText((await send(client, upstream.url(), { signal })).body);
  (await send(client, upstream.url(), { signal })).body.cancel();
  assertEquals(listeners, 0);
  client.close();
});

Deno.test("UpstreamBody.cancel() closes the connection, pumped or not", async () => {
  await using upstream = await TestUpstream.start((r) =>
    r.write(`${CHUNKED}3\r\nabc\r\n`)
  );
  const client = new HttpClient();
  for (const pumped of [false, true]) {
    const { status, body } = await send(client, upstream.url());
    assertEquals(status, 200);
    const work = pumped ? readText(body) : Promise.reject(new Error("none"));
    const rejected = assertRejects(() => work);
    const at = performance.now();
    body.cancel();
    body.cancel();
    await rejected;
    assertLess(await upstream.requests.at(-1)!.closed - at, MAX_CLOSE_MS);
  }
  assertEquals(upstream.connections, 2);
  client.close();
});

Deno.test("UpstreamBody.pump() closes the connection when its taker fails", async () => {
  await using upstream = await TestUpstream.start((r) =>
    r.write(`${CHUNKED}3\r\nabc\r\n`)
  );
  const client = new HttpClient();
  const fault = new Error("full");
  const takers = [
    () => {
      throw fault;
    },
    () => Promise.reject(fault),
  ];
  for (const take of takers) {
    const { body } = await send(client, upstream.url());
    assertEquals(await assertRejects(() => body.pump(take)), fault);
    await upstream.requests.at(-1)!.closed;
  }
  client.close();
});

Deno.test("L9: a slow taker stops the peer, and memory stays bounded", async () => {
  const size = 64_000_000;
  const block = new Uint8Array(64_000);
  let written = 0;
  await using upstream = await TestUpstream.start(async (r) => {
    await r.write(`${HEAD}content-length: ${size}\r\n\r\n`);
    while (written < size && !r.socket.destroyed) {
      await r.write(block);
      written += block.length;
    }
  });
  const client = new HttpClient();
  const { body } = await send(client, upstream.url());
  let release = (): void => {};
  let taken = 0;
  let chunks = 0;
  let running = 0;
  let furthest = 0;
  const work = body.pump(async (chunk) => {
    assertEquals(++running, 1, "one chunk at a time");
    if (taken === 0) await new Promise<void>((resolve) => release = resolve);
    else if (++chunks % 8 === 0) await pause(0);
    taken += chunk.length;
    furthest = Math.max(furthest, written - taken);
    running--;
  });
  await until(() => written > 0);
  let last = -1;
  while (last !== written) {
    last = written;
    await pause(100);
  }
  release();
  await work;
  assertEquals(taken, size);
  // What the kernel holds for both sides, and a little of ours.
  assertLess(furthest, 16_000_000);
  client.close();
});

Deno.test("maxResponseBytes caps a body, told or not", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    if (r.path === "/told") return r.respond("x".repeat(1_001));
    await r.write(CHUNKED);
    for (let i = 0; i < 200; i++) await r.write("a\r\n0123456789\r\n");
  });
  const client = new HttpClient({ maxResponseBytes: 1_000 });
  for (const path of ["/told", "/untold"]) {
    const { status, body } = await send(client, upstream.url(path));
    assertEquals(status, 200);
    const { text, code } = await readCut(body);
    assertEquals(code, "upstream_response_too_large");
    assert(text.length <= 1_000);
    await upstream.requests.at(-1)!.closed;
  }
  client.close();
});
