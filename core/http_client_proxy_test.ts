import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect } from "node:net";
import { failure, readText, send } from "./_test_http.ts";
import { type TestScript, TestUpstream } from "./_test_upstream.ts";
import { UpstreamError } from "./errors.ts";
import { HttpClient } from "./http_client.ts";
import { until } from "../logging/_test_wait.ts";

function pem(name: string): string {
  return Deno.readTextFileSync(new URL(`testdata/${name}`, import.meta.url));
}

const KEY = pem("tls_key.pem");
const CERT = pem("tls_cert.pem");
const OTHER_CERT = pem("tls_cert_other_name.pem");
/** Whom {@linkcode OTHER_CERT} names; only a proxy can tell where that is. */
const NAME = "other.invalid";
const AUTHORIZATION = `Basic ${btoa("user:p@s3cret")}`;

/** A proxy's script: whatever is asked for, it leads to one port here. */
function tunnelTo(port: number): TestScript {
  return async ({ socket, ...request }) => {
    socket.removeAllListeners("data");
    const far = connect(port, "127.0.0.1");
    const end = (): void => {
      far.destroy();
      socket.destroy();
    };
    far.on("error", end).on("close", end);
    socket.on("error", end).on("close", end);
    assertEquals(request.method, "CONNECT");
    socket.write("HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n");
    socket.pipe(far).pipe(socket);
    await Promise.resolve();
  };
}

function proxyUrl(proxy: TestUpstream): string {
  return `http://user:p%40s3cret@127.0.0.1:${proxy.port}`;
}

/** Everything that an error shows, to whomever. */
function shown(error: Error): string {
  return Deno.inspect(error, { depth: 9 }) + String(error.cause);
}

Deno.test("HttpClient asks a proxy for a tunnel to an https origin and keeps it", async () => {
  await using upstream = await TestUpstream.start((r) => r.respond(r.path), {
    tls: { key: KEY, cert: OTHER_CERT },
  });
  await using proxy = await TestUpstream.start(tunnelTo(upstream.port));
  const client = new HttpClient({ ca: OTHER_CERT, proxy: proxyUrl(proxy) });
  for (let i = 0; i < 3; i++) {
    let connected = 0;
    const response = await send(client, `https://${NAME}/v1/${i}?key=k3y`, {
      headers: { authorization: "Bearer k3y" },
      onConnected: () => connected++,
    });
    assertEquals(connected, 1);
    assertEquals(await readText(response.body), `/v1/${i}?key=k3y`);
  }
  assertEquals([proxy.connections, upstream.connections], [1, 1]);
  assertEquals(
    proxy.requests.map((r) => r.head),
    [
      `CONNECT ${NAME}:443 HTTP/1.1\r\nhost: ${NAME}:443\r\n` +
      `proxy-authorization: ${AUTHORIZATION}`,
    ],
  );
  for (const { headers } of upstream.requests) {
    assertEquals(headers.get("host"), NAME);
    assertEquals(headers.has("proxy-authorization"), false);
  }
  client.close();
  await until(() => proxy.open === 0 && upstream.open === 0);
});

Deno.test("HttpClient asks a proxy for an http origin by the whole address", async () => {
  await using proxy = await TestUpstream.start((r) => r.respond("hi"));
  const client = new HttpClient({ proxy: proxyUrl(proxy) });
  for (let i = 0; i < 2; i++) {
    const response = await send(client, "http://models.invalid:81/v1/x?a=b", {
      body: "{}",
      headers: { "proxy-authorization": "of the caller" },
    });
    assertEquals(await readText(response.body), "hi");
  }
  assertEquals(proxy.connections, 1);
  for (const { path, headers } of proxy.requests) {
    assertEquals(path, "http://models.invalid:81/v1/x?a=b");
    assertEquals(headers.get("host"), "models.invalid:81");
    assertEquals(headers.get("proxy-authorization"), AUTHORIZATION);
  }
  client.close();
});

Deno.test("X11: a proxy that refuses is told as that, with its status and without a secret", async (t) => {
  const answers: Record<string, [wire: string, status: string]> = {
    "407": ["HTTP/1.1 407 Auth s3cret\r\nproxy-authenticate: Basic", "407"],
    "502": ["HTTP/1.0 502 Bad Gateway\r\ncontent-length: 3", "502"],
    "200 with more": ["HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK", ""],
    "no HTTP": ["SSH-2.0 s3cret", ""],
    "an interim answer": ["HTTP/1.1 103 Early", "103"],
    "a head without end": [
      `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(4_000)}`,
      "",
    ],
  };
  for (const [name, [wire, status]] of Object.entries(answers)) {
    await t.step(name, async () => {
      await using proxy = await TestUpstream.start((r) =>
        r.write(`${wire}\r\n\r\n`)
      );
      const client = new HttpClient({ proxy: proxyUrl(proxy) });
      let connected = 0;
      const error = await assertRejects(
        () =>
          send(client, `https://${NAME}/s3cret`, {
            onConnected: () => connected++,
          }),
        UpstreamError,
      );
      assertEquals([error.code, error.status], ["upstream_proxy_failed", 502]);
      assert(error.message.includes(status));
      assert(!/s3cret|127\.0|invalid/.test(shown(error)), shown(error));
      assertEquals(connected, 0);
      await until(() => proxy.open === 0);
      client.close();
    });
  }
});

Deno.test("a 407 to an http request is the proxy's, and no answer", async () => {
  await using proxy = await TestUpstream.start((r) => r.respond("no", {}, 407));
  const client = new HttpClient({ proxy: proxyUrl(proxy) });
  const work = send(client, "http://models.invalid/");
  assertEquals(await failure(work), "upstream_proxy_failed");
  await until(() => proxy.open === 0);
  client.close();
});

Deno.test("a proxy that can't be reached, resolved or talked to is told as that", async () => {
  const gone = await TestUpstream.start(() => {});
  const dead = proxyUrl(gone);
  await gone.close();
  await using hangsUp = await TestUpstream.start((r) => r.end());
  const resolve = (): Promise<string[]> => Promise.reject(new Error("s3cret"));
  const clients = [
    new HttpClient({ proxy: dead }),
    new HttpClient({ proxy: proxyUrl(hangsUp) }),
    new HttpClient({ proxy: "http://u:s3cret@proxy.invalid", resolve }),
    new HttpClient({ proxy: "http://u:s3cret@169.254.169.254" }),
  ];
  for (const client of clients) {
    const error = await assertRejects(
      () => send(client, `https://${NAME}/`),
      UpstreamError,
    );
    assertEquals(error.code, "upstream_proxy_failed");
    assert(!/s3cret|127\.0|invalid/.test(shown(error)), shown(error));
    client.close();
  }
});

Deno.test("U2: the certificate behind a tunnel must be the provider's", async () => {
  await using upstream = await TestUpstream.start((r) => r.respond("x"), {
    tls: { key: KEY, cert: CERT },
  });
  await using proxy = await TestUpstream.start(tunnelTo(upstream.port));
  const client = new HttpClient({ ca: CERT, proxy: proxyUrl(proxy) });
  assertEquals(
    await failure(send(client, `https://${NAME}/`)),
    "upstream_tls_failed",
  );
  assertEquals(upstream.requests.length, 0);
  client.close();
});

Deno.test("L1: an abort while a proxy is silent closes the connection to it", async () => {
  await using proxy = await TestUpstream.start(() => {});
  const client = new HttpClient({ proxy: proxyUrl(proxy) });
  const controller = new AbortController();
  const work = send(client, `https://${NAME}/`, { signal: controller.signal });
  await until(() => proxy.requests.length === 1);
  const reason = new Error("left");
  controller.abort(reason);
  assertEquals(await assertRejects(() => work), reason);
  await until(() => proxy.open === 0);
  client.close();
});

Deno.test("X7: a scope holds behind a proxy for what is no name, and does not hold for the proxy", async () => {
  await using proxy = await TestUpstream.start((r) => r.respond("x"));
  for (const host of ["127.0.0.1", "2130706433", "localhost", "10.0.0.1"]) {
    const client = new HttpClient({
      proxy: proxyUrl(proxy),
      addressScope: "public",
    });
    const work = send(client, `http://${host}/`);
    assertEquals(await failure(work), "upstream_address_refused");
    client.close();
  }
  assertEquals(proxy.connections, 0);
  const client = new HttpClient({
    proxy: proxyUrl(proxy),
    addressScope: "public",
  });
  await readText((await send(client, "http://models.invalid/")).body);
  client.close();
});
