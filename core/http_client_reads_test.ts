// What nobody takes is not read: a taker that stalls holds its provider up.
import { assert, assertEquals, assertLess } from "@std/assert";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { send } from "./_test_http.ts";
import { type TestRequest, TestUpstream } from "./_test_upstream.ts";
import { HttpClient } from "./http_client.ts";
import { pause } from "../logging/_test_wait.ts";

const MIB = 1024 * 1024;
const PIECE = 8 * 1024;
/** What is sent in all. */
const ALL = 40 * MIB;
/** What the system's buffers on both sides may have taken of it. */
const MOST = 24 * MIB;

function pem(name: string): string {
  return Deno.readTextFileSync(new URL(`testdata/${name}`, import.meta.url));
}

const TLS = { key: pem("tls_key.pem"), cert: pem("tls_cert.pem") };

/** Bytes that tell where in the whole they belong. */
function numbered(): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(ALL / 4);
  for (let i = 0; i < words.length; i++) words[i] = i;
  return new Uint8Array(words.buffer);
}

/** Sends a body in chunks as fast as it is taken; `sent` has how much was. */
async function flood(
  request: TestRequest,
  { body, coding, sent }: {
    readonly body: Uint8Array;
    readonly coding: string;
    readonly sent: { bytes: number };
  },
): Promise<void> {
  await request.write(
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n${coding}\r\n`,
  );
  for (let at = 0; at < body.length && !request.socket.destroyed;) {
    const piece = body.subarray(at, at + PIECE);
    const size = piece.length.toString(16);
    await request.write(Buffer.concat([
      Buffer.from(`${size}\r\n`),
      piece,
      Buffer.from("\r\n"),
    ]));
    at += piece.length;
    sent.bytes = at;
  }
  await request.write("0\r\n\r\n");
}

for (
  const [name, { tls, gzip }] of Object.entries({
    "TCP": { tls: false, gzip: false },
    "TLS": { tls: true, gzip: false },
    "TLS, compressed": { tls: true, gzip: true },
  })
) {
  Deno.test(`C4: a taker that stalls stops its provider, and later gets every byte (${name})`, async () => {
    const whole = numbered();
    const body = gzip ? gzipSync(whole, { level: 0 }) : whole;
    const coding = gzip ? "content-encoding: gzip\r\n" : "";
    const sent = { bytes: 0 };
    await using upstream = await TestUpstream.start(
      (request) =>
        request.path === "/flood"
          ? flood(request, { body, coding, sent })
          : request.respond("another"),
      tls ? { tls: TLS } : {},
    );
    const client = new HttpClient({ ca: TLS.cert });
    const { body: answer } = await send(client, upstream.url("/flood"));
    const stalled = Promise.withResolvers<void>();
    let taken = 0;
    const pumped = answer.pump((chunk) => {
      // A chunk need not end where a word does.
      for (let i = -taken & 3; i + 4 <= chunk.length; i += 4096) {
        const at = taken + i;
        const word = chunk[i]! | chunk[i + 1]! << 8 | chunk[i + 2]! << 16 |
          chunk[i + 3]! << 24;
        assertEquals(word, at / 4);
      }
      const before = taken;
      taken += chunk.length;
      return before < MIB && taken >= MIB ? stalled.promise : undefined;
    });
    for (let before = -1; before !== sent.bytes;) {
      before = sent.bytes;
      await pause(250);
      // Memory that connections share is read into meanwhile.
      await send(client, upstream.url()).then(({ body }) =>
        body.pump(() => {})
      );
    }
    assert(taken >= MIB);
    assertLess(sent.bytes, MOST);
    stalled.resolve();
    await pumped;
    assertEquals(taken, ALL);
    client.close();
  });
}
