import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { failure, readText, send } from "./_test_http.ts";
import { TestUpstream } from "./_test_upstream.ts";
import { HttpClient } from "./http_client.ts";
import type { HttpClientOptions } from "./http_client_options.ts";
import { until } from "../logging/_test_wait.ts";

/** What check C1 grants under load; alone it takes about a millisecond. */
const MAX_CLOSE_MS = 250;

function pem(name: string): string {
  return Deno.readTextFileSync(new URL(`testdata/${name}`, import.meta.url));
}

const KEY = pem("tls_key.pem");
const CERT = pem("tls_cert.pem");

Deno.test("HttpClient sends over TLS and keeps the connection", async () => {
  await using upstream = await TestUpstream.start((r) => r.respond(r.body), {
    tls: { key: KEY, cert: CERT },
  });
  const client = new HttpClient({ ca: CERT });
  for (let i = 0; i < 5; i++) {
    let connected = 0;
    const response = await send(client, upstream.url("/x"), {
      body: `${i}`,
      onConnected: () => connected++,
    });
    assertEquals(connected, 1);
    assertEquals(await readText(response.body), `${i}`);
  }
  assertEquals(upstream.connections, 1);
  client.close();
});

Deno.test("U2: a certificate that does not hold fails closed, and nothing is sent", async (t) => {
  const expired = pem("tls_cert_expired.pem");
  const other = pem("tls_cert_other_name.pem");
  const cases: Record<string, [cert: string, ca: string | undefined]> = {
    "self-signed": [CERT, undefined],
    "expired": [expired, expired],
    "wrong name": [other, other],
    "another authority": [CERT, other],
  };
  for (const [name, [cert, ca]] of Object.entries(cases)) {
    await t.step(name, async () => {
      await using upstream = await TestUpstream.start((r) => r.respond("x"), {
        tls: { key: KEY, cert },
      });
      const client = new HttpClient(ca === undefined ? {} : { ca });
      let connected = 0;
      const work = send(client, upstream.url(), {
        headers: { authorization: "Bearer s3cret" },
        onConnected: () => connected++,
      });
      assertEquals(await failure(work), "upstream_tls_failed");
      assertEquals(connected, 0);
      assertEquals(upstream.requests.length, 0);
      client.close();
    });
  }
});

Deno.test("HttpClient asks for the certificate of the name, without a trailing dot", async () => {
  const other = pem("tls_cert_other_name.pem");
  const names: unknown[] = [];
  await using upstream = await TestUpstream.start((r) => r.respond("x"), {
    tls: { key: KEY, cert: other },
    onConnection: ({ socket }) => {
      names.push(Reflect.get(socket, "servername"));
    },
  });
  const resolve = (): Promise<string[]> => Promise.resolve(["127.0.0.1"]);
  for (const host of ["other.invalid", "other.invalid."]) {
    const client = new HttpClient({
      ca: other,
      addressScope: "loopback",
      resolve,
    });
    const url = `https://${host}:${upstream.port}/`;
    assertEquals(await readText((await send(client, url)).body), "x");
    client.close();
  }
  assertEquals(names, ["other.invalid", "other.invalid"]);
  const client = new HttpClient({
    ca: other,
    addressScope: "loopback",
    resolve,
  });
  const url = `https://another.invalid:${upstream.port}/`;
  assertEquals(await failure(send(client, url)), "upstream_tls_failed");
  client.close();
});

Deno.test("HttpClient shows its certificate to a provider who asks for it", async () => {
  const seen: unknown[] = [];
  await using upstream = await TestUpstream.start((r) => r.respond("x"), {
    tls: { key: KEY, cert: CERT, ca: CERT, requestCert: true },
    onConnection: ({ socket }) => {
      seen.push(Reflect.get(socket, "authorized"));
    },
  });
  const client = new HttpClient({ ca: CERT, cert: CERT, key: KEY });
  assertEquals(await readText((await send(client, upstream.url())).body), "x");
  assertEquals(seen, [true]);
  client.close();
  const nobody = new HttpClient({ ca: CERT });
  // With TLS 1.3 the refusal comes after the client's part of the handshake.
  const code = await failure(
    send(nobody, upstream.url()).then(({ body }) => readText(body)),
  );
  assert(["upstream_tls_failed", "upstream_reset"].includes(code), code);
  assertEquals(upstream.requests.length, 1);
  nobody.close();
});

Deno.test("HttpClient() refuses certificates and keys that can't be used, without repeating them", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const otherKey = privateKey.export({ type: "pkcs8", format: "pem" });
  const wrong: HttpClientOptions[] = [
    { ca: "s3cret" },
    { cert: CERT },
    { key: KEY },
    { cert: "s3cret", key: KEY },
    { cert: CERT, key: "s3cret" },
    { cert: CERT, key: String(otherKey) },
    { proxy: "s3cret" },
  ];
  for (const options of wrong) {
    const error = assertThrows(() => new HttpClient(options), TypeError);
    assert(!Deno.inspect(error).includes("s3cret"));
  }
});

Deno.test("U15: a TLS connection that the peer closed while it was idle is not used", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    await r.respond("x");
    r.end();
  }, { tls: { key: KEY, cert: CERT } });
  const client = new HttpClient({ ca: CERT });
  for (let i = 1; i <= 3; i++) {
    await readText((await send(client, upstream.url())).body);
    await until(() => upstream.open === 0);
    assertEquals(upstream.connections, i);
  }
  client.close();
});

Deno.test("U2: a peer that speaks no TLS is an upstream fault, and is sent no plain text", async () => {
  let seen = "";
  await using upstream = await TestUpstream.start(() => {}, {
    onConnection: ({ socket }) => {
      socket.on("data", (chunk: Uint8Array) => {
        seen += new TextDecoder("latin1").decode(chunk);
        socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
      });
      return false;
    },
  });
  const client = new HttpClient();
  const url = upstream.url("/s3cret").replace("http:", "https:");
  assertEquals(await failure(send(client, url)), "upstream_tls_failed");
  assert(seen !== "" && !seen.includes("s3cret"));
  client.close();
});

Deno.test("U2: a peer that closes during the handshake is an upstream fault", async () => {
  await using upstream = await TestUpstream.start(() => {}, {
    onConnection: ({ socket }) => {
      socket.once("data", () => socket.destroy());
      return false;
    },
  });
  const client = new HttpClient();
  const url = upstream.url().replace("http:", "https:");
  assertEquals(await failure(send(client, url)), "upstream_tls_failed");
  client.close();
});

Deno.test("U2: an abort during a handshake that never ends closes the connection", async () => {
  let closed: Promise<number> | undefined;
  await using upstream = await TestUpstream.start(() => {}, {
    onConnection: (peer) => {
      peer.socket.resume();
      closed = peer.closed;
      return false;
    },
  });
  const client = new HttpClient();
  const controller = new AbortController();
  let connected = 0;
  const work = send(client, upstream.url().replace("http:", "https:"), {
    signal: controller.signal,
    onConnected: () => connected++,
  });
  await until(() => closed !== undefined);
  const reason = new Error("left");
  const at = performance.now();
  controller.abort(reason);
  assertEquals(await assertRejects(() => work), reason);
  assertLess(await closed! - at, MAX_CLOSE_MS);
  assertEquals(connected, 0);
  client.close();
});

Deno.test("P-22: a body that is cut over TLS rejects", async () => {
  await using upstream = await TestUpstream.start(async (r) => {
    await r.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc");
    r.socket.destroy();
  }, { tls: { key: KEY, cert: CERT } });
  const client = new HttpClient({ ca: CERT });
  const { body } = await send(client, upstream.url());
  assertEquals(await failure(readText(body)), "upstream_body_cut");
  client.close();
});
