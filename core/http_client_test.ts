import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { failure, readText, send } from "./_test_http.ts";
import { TestUpstream } from "./_test_upstream.ts";
import { collectBody } from "./attempt.ts";
import { GatewayError } from "./errors.ts";
import { HttpClient } from "./http_client.ts";
import { pause, until } from "../logging/_test_wait.ts";

Deno.test("HttpClient.send() sends method, path, headers and an exact body", async () => {
  await using upstream = await TestUpstream.start((request) =>
    request.respond("[]", { "content-type": "application/json" })
  );
  const client = new HttpClient();
  const body = '{"text":"žluťoučký 🐎"}';
  const response = await send(client, upstream.url("/v1/x?a=1&b=%20"), {
    body,
    headers: {
      "content-type": "application/json",
      "authorization": "Bearer k",
    },
  });
  assertEquals(response.status, 200);
  assertEquals(await readText(response.body), "[]");
  const [request] = upstream.requests;
  assert(request !== undefined);
  assertEquals([request.method, request.path], ["POST", "/v1/x?a=1&b=%20"]);
  assertEquals(request.body, body);
  assertEquals(Object.fromEntries(request.headers), {
    "accept-encoding": "identity",
    "authorization": "Bearer k",
    "connection": "keep-alive",
    "content-length": String(new TextEncoder().encode(body).length),
    "content-type": "application/json",
    "host": `127.0.0.1:${upstream.port}`,
  });
  client.close();
});

Deno.test("HttpClient.send() sends a GET without body and framing", async () => {
  await using upstream = await TestUpstream.start((r) => r.respond("ok"));
  const client = new HttpClient();
  const response = await send(client, upstream.url("/models"));
  assertEquals(await readText(response.body), "ok");
  const [request] = upstream.requests;
  assertEquals(request?.method, "GET");
  assertEquals(request?.headers.has("content-length"), false);
  assertEquals(request?.headers.has("transfer-encoding"), false);
  client.close();
});

Deno.test("HttpClient.send() resolves with any status and its body", async () => {
  await using upstream = await TestUpstream.start((r) =>
    r.respond(`status ${r.path.slice(1)}`, {}, Number(r.path.slice(1)))
  );
  const client = new HttpClient();
  for (const status of [200, 201, 400, 401, 429, 500, 503, 529, 599]) {
    const response = await send(client, upstream.url(`/${status}`));
    assertEquals(response.status, status);
    assertEquals(await readText(response.body), `status ${status}`);
  }
  client.close();
});

Deno.test("U21: a redirect is handed on and never followed", async () => {
  await using other = await TestUpstream.start((r) => r.respond("stolen"));
  await using upstream = await TestUpstream.start((r) =>
    r.respond("", { location: other.url() }, Number(r.path.slice(1)))
  );
  const client = new HttpClient();
  for (const status of [301, 302, 303, 307, 308]) {
    const response = await send(client, upstream.url(`/${status}`), {
      body: "{}",
      headers: { "x-api-key": "secret" },
    });
    assertEquals(response.status, status);
    await readText(response.body);
  }
  assertEquals(other.connections, 0);
  client.close();
});

Deno.test("HttpClient.send() passes over interim answers, however many", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    const hint = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
    await r.write("HTTP/1.1 100 Continue\r\n\r\n" + hint.repeat(50));
    await r.respond("done");
  });
  const client = new HttpClient();
  for (let i = 0; i < 2; i++) {
    const response = await send(client, upstream.url(), { body: "{}" });
    assertEquals(response.status, 200);
    assertEquals(response.headers["link"], undefined);
    assertEquals(await readText(response.body), "done");
  }
  client.close();
});

Deno.test("HttpClient.send() reads each framing and keeps what can be kept", async (t) => {
  const framings: Record<string, [wire: string, connections: number]> = {
    "content-length": ["content-length: 5\r\n\r\nhello", 1],
    "chunked": [
      "transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;ext=1\r\nllo\r\n0\r\nx-trailer: 1\r\n\r\n",
      1,
    ],
    "until close": ["\r\nhello", 2],
    "connection: close": [
      "connection: close\r\ncontent-length: 5\r\n\r\nhello",
      2,
    ],
  };
  for (const [name, [wire, connections]] of Object.entries(framings)) {
    await t.step(name, async () => {
      await using upstream = await TestUpstream.start(async (r) => {
        const head = `HTTP/1.1 200 OK\r\n${wire}`;
        // A byte at a time where it may come in any pieces.
        for (const byte of head) await r.write(byte);
        if (connections === 2) r.end();
      });
      const client = new HttpClient();
      for (let i = 0; i < 2; i++) {
        const response = await send(client, upstream.url());
        assertEquals(await readText(response.body), "hello");
      }
      assertEquals(upstream.connections, connections);
      client.close();
    });
  }
});

Deno.test("UpstreamBody.pump() completes at once for answers without a body", async () => {
  await using upstream = await TestUpstream.start((r) =>
    r.write(
      r.path === "/204"
        ? "HTTP/1.1 204 No Content\r\n\r\n"
        : "HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n",
    )
  );
  const client = new HttpClient();
  for (const path of ["/204", "/304", "/204"]) {
    const response = await send(client, upstream.url(path));
    assertEquals(await readText(response.body), "");
  }
  assertEquals(upstream.connections, 1);
  client.close();
});

Deno.test("UpstreamBody.pump() gives chunks that stay as they were", async () => {
  const size = 1_000_000;
  await using upstream = await TestUpstream.start(async (r) => {
    await r.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
    for (let i = 0; i < 10; i++) {
      await r.write(new Uint8Array(size / 10).fill(i + 1));
    }
  });
  const client = new HttpClient();
  const { body } = await send(client, upstream.url());
  const chunks: Uint8Array[] = [];
  await body.pump((chunk) => {
    chunks.push(chunk);
  });
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  assertEquals(at, size);
  for (let i = 0; i < size; i++) {
    if (whole[i] !== Math.floor(i / (size / 10)) + 1) {
      throw new Error(`Byte ${i} was overwritten`);
    }
  }
  client.close();
});

Deno.test("collectBody() gathers an answer in however many pieces, once, and up to the cap", async () => {
  const size = 300_000;
  await using upstream = await TestUpstream.start(async (r) => {
    if (r.path === "/empty") return r.respond("");
    if (r.path === "/small") return r.respond("x");
    await r.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
    for (let i = 0; i < 3; i++) await r.write(`${i}`.repeat(size / 3));
  });
  const client = new HttpClient({ maxResponseBytes: size });
  for (const [path, length] of [["empty", 0], ["small", 1], ["large", size]]) {
    const { body } = await send(client, upstream.url(`/${path}`));
    assertEquals((await collectBody(body)).length, length);
    await assertRejects(() => collectBody(body), TypeError);
  }
  client.close();
  const narrow = new HttpClient({ maxResponseBytes: size - 1 });
  const { body } = await send(narrow, upstream.url("/large"));
  assertEquals(await failure(collectBody(body)), "upstream_response_too_large");
  narrow.close();
});

Deno.test("UpstreamBody.pump() can be called once only", async () => {
  await using upstream = await TestUpstream.start((r) => r.respond("x"));
  const client = new HttpClient();
  const { body } = await send(client, upstream.url());
  await readText(body);
  await assertRejects(() => readText(body), TypeError);
  client.close();
});

Deno.test("C12: a header that can't be sent is a GatewayError naming it, and nothing is sent", async () => {
  await using upstream = await TestUpstream.start((r) => r.respond("x"));
  const client = new HttpClient();
  for (const value of ["a\r\nx: y", "a\nb", "a\rb", "a\0b", "日本", "\x7f"]) {
    const error = await assertRejects(
      () => send(client, upstream.url(), { headers: { "x-user": value } }),
      GatewayError,
    );
    assertEquals(error.code, "invalid_header");
    assertEquals(error.param, "x-user");
    assert(!error.message.includes(value));
  }
  for (const name of ["", "a b", "a:b", "a\r\nb", "ä"]) {
    const error = await assertRejects(
      () => send(client, upstream.url(), { headers: { [name]: "v" } }),
      GatewayError,
    );
    assertEquals(error.code, "invalid_header");
  }
  assertEquals(upstream.connections, 0);
  client.close();
});

Deno.test("X9: headers of the connection are left out both ways, and cookies too", async () => {
  await using upstream = await TestUpstream.start((r) =>
    r.write(
      "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n" +
        "Proxy-Authenticate: x\r\nTrailer: x\r\nUpgrade: h2c\r\n" +
        "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Request-Id: r1\r\n" +
        "Via: one\r\nVia: two\r\n__proto__: p\r\nconstructor: c\r\n" +
        "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    )
  );
  const client = new HttpClient();
  const response = await send(client, upstream.url(), {
    body: "{}",
    headers: {
      "connection": "close, x-named",
      "Content-Length": "999",
      "expect": "100-continue",
      "host": "evil.example",
      "keep-alive": "1",
      "proxy-authorization": "Basic x",
      "proxy-connection": "close",
      "te": "trailers",
      "trailer": "x",
      "transfer-encoding": "gzip, chunked",
      "Upgrade": "h2c",
      "x-kept": "1",
    },
  });
  assertEquals(
    new Map(Object.entries(response.headers)),
    new Map([
      ["x-request-id", "r1"],
      ["via", "one, two"],
      ["__proto__", "p"],
      ["constructor", "c"],
    ]),
  );
  assertEquals(response.headers["toString"], undefined);
  assertEquals(await readText(response.body), "x");
  assertEquals(Object.fromEntries(upstream.requests[0]!.headers), {
    "host": `127.0.0.1:${upstream.port}`,
    "connection": "keep-alive",
    "content-length": "2",
    "x-kept": "1",
    "accept-encoding": "identity",
  });
  client.close();
});

Deno.test("U12: a head above the cap is refused, one below is not", async () => {
  await using upstream = await TestUpstream.start((r) =>
    r.write(
      r.path === "/one"
        ? `HTTP/1.1 200 OK\r\nx: ${"y".repeat(2_000_000)}\r\n\r\n`
        : r.path === "/many"
        ? `HTTP/1.1 200 OK\r\n${"x-field: y\r\n".repeat(10_000)}\r\n`
        : `HTTP/1.1 200 OK\r\nx: ${
          "y".repeat(3_000)
        }\r\ncontent-length: 0\r\n\r\n`,
    )
  );
  const client = new HttpClient({ maxHeaderBytes: 4_096 });
  for (const path of ["/one", "/many"]) {
    assertEquals(
      await failure(send(client, upstream.url(path))),
      "upstream_header_too_large",
    );
  }
  const response = await send(client, upstream.url("/fit"));
  assertEquals(response.headers["x"]?.length, 3_000);
  await readText(response.body);
  client.close();
});

Deno.test("X8: a client keeps to the origin of its first request", async () => {
  await using upstream = await TestUpstream.start((r) => r.respond("x"));
  await using other = await TestUpstream.start((r) => r.respond("x"));
  const client = new HttpClient();
  await readText((await send(client, upstream.url())).body);
  const error = await assertRejects(
    () => send(client, other.url()),
    GatewayError,
  );
  assertEquals(error.code, "upstream_origin_changed");
  assertEquals(other.connections, 0);
  client.close();
});

Deno.test("HttpClient.send() refuses addresses that are none", async () => {
  const client = new HttpClient();
  const urls = [
    "",
    "x",
    "ftp://127.0.0.1/",
    "http://u:p@127.0.0.1/?key=s3cret",
  ];
  for (const url of urls) {
    const error = await assertRejects(() => send(client, url), GatewayError);
    assertEquals(error.code, "invalid_upstream_url");
    assert(url === "" || !error.message.includes(url));
  }
  client.close();
});

Deno.test("HttpClient() refuses options out of range", () => {
  for (const value of [0, -1, NaN, "8" as unknown as number]) {
    assertThrows(() => new HttpClient({ maxConnections: value }), RangeError);
  }
  assertThrows(() => new HttpClient({ keepAliveExpiry: -1 }), RangeError);
});

Deno.test("HttpClient.close() closes idle and active connections and refuses further use", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    if (r.path === "/idle") await r.respond("x");
    if (r.path === "/body") {
      await r.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nxyz");
    }
  });
  const client = new HttpClient({ maxConnections: 3 });
  const idle = send(client, upstream.url("/idle"));
  const body = send(client, upstream.url("/body"));
  const silent = send(client, upstream.url("/silent"));
  await readText((await idle).body);
  const cut = readText((await body).body);
  const taken = send(client, upstream.url("/silent"));
  const waiting = send(client, upstream.url("/silent"));
  await until(() => upstream.requests.length === 4);
  client.close();
  for (const work of [cut, silent, taken, waiting]) {
    assertEquals(await failure(work), "upstream_transport_closed");
  }
  assertEquals(
    await failure(send(client, upstream.url())),
    "upstream_transport_closed",
  );
  await until(() => upstream.open === 0);
  client.close();
  await pause(1);
});
