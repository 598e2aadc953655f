import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { failure, readText, send, until } from "./_test_http.ts";
import { TestUpstream } from "./_test_upstream.ts";
import { HttpClient } from "./http_client.ts";

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
