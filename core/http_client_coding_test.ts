import { assert, assertEquals, assertLess } from "@std/assert";
import { Buffer } from "node:buffer";
import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import { failure, readCut, readText, send } from "./_test_http.ts";
import { TestUpstream } from "./_test_upstream.ts";
import { HttpClient } from "./http_client.ts";

const CODINGS: Record<string, (text: string) => Uint8Array> = {
  "gzip": (text) => zlib.gzipSync(text),
  "x-gzip": (text) => zlib.gzipSync(text),
  "deflate": (text) => zlib.deflateSync(text),
  "br": (text) => zlib.brotliCompressSync(text),
  "zstd": (text) => zlib.zstdCompressSync(text),
  "GZIP": (text) => zlib.gzipSync(text),
  "identity": (text) => Buffer.from(text),
  "": (text) => Buffer.from(text),
};

Deno.test("M19: a compressed answer is decompressed, and its headers with it", async (t) => {
  const text = JSON.stringify({ text: "žluťoučký 🐎 ".repeat(5_000) });
  for (const [coding, compress] of Object.entries(CODINGS)) {
    await t.step(coding || "none", async () => {
      const bytes = compress(text);
      await using upstream = await TestUpstream.start((r) =>
        r.respond(bytes, { "content-encoding": coding, "x-kept": "1" })
      );
      const client = new HttpClient();
      for (let i = 0; i < 2; i++) {
        const response = await send(client, upstream.url());
        assertEquals(Object.entries(response.headers), [["x-kept", "1"]]);
        assertEquals(await readText(response.body), text);
      }
      assertEquals(upstream.connections, 1);
      client.close();
    });
  }
});

Deno.test("M19: a compressed stream is decompressed as it comes", async (t) => {
  const encoders: Record<string, () => Transform & { flush(): void }> = {
    gzip: () => zlib.createGzip(),
    deflate: () => zlib.createDeflate(),
    br: () => zlib.createBrotliCompress(),
    zstd: () => zlib.createZstdCompress(),
  };
  for (const [coding, make] of Object.entries(encoders)) {
    await t.step(coding, async () => {
      let got = "";
      await using upstream = await TestUpstream.start(async (r) => {
        const encoder = make();
        encoder.on("data", (chunk: Uint8Array) => {
          void r.write(`${chunk.length.toString(16)}\r\n`);
          void r.write(chunk);
          void r.write("\r\n");
        });
        await r.write(
          `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ntransfer-encoding: chunked\r\n\r\n`,
        );
        for (let i = 0; i < 5; i++) {
          encoder.write(`data: ${i}\n\n`);
          encoder.flush();
          // The next event is sent only when this one has come out decoded.
          const end = performance.now() + 5_000;
          while (!got.endsWith(`${i}\n\n`) && performance.now() < end) {
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        }
        encoder.end();
        await new Promise((resolve) => encoder.once("end", resolve));
        await r.write("0\r\n\r\n");
      });
      const client = new HttpClient();
      const at = performance.now();
      const { body } = await send(client, upstream.url());
      await body.pump((chunk) => {
        got += new TextDecoder().decode(chunk);
      });
      assertEquals(got, [0, 1, 2, 3, 4].map((i) => `data: ${i}\n\n`).join(""));
      assertLess(performance.now() - at, 4_000);
      client.close();
    });
  }
});

Deno.test("U14: a bomb is stopped at the cap", async (t) => {
  const zeros = Buffer.alloc(200_000_000);
  const bombs: Record<string, Uint8Array> = {
    gzip: zlib.gzipSync(zeros),
    br: zlib.brotliCompressSync(zeros, {
      params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 },
    }),
  };
  for (const [coding, bomb] of Object.entries(bombs)) {
    await t.step(coding, async () => {
      await using upstream = await TestUpstream.start((r) =>
        r.respond(bomb, { "content-encoding": coding })
      );
      const client = new HttpClient({ maxResponseBytes: 8_000_000 });
      const { body } = await send(client, upstream.url());
      const { external, heapUsed } = Deno.memoryUsage();
      let taken = 0;
      let longest = 0;
      const work = body.pump((chunk) => {
        taken += chunk.length;
        longest = Math.max(longest, chunk.length);
      });
      assertEquals(await failure(work), "upstream_response_too_large");
      assert(taken <= 8_000_000);
      assertLess(longest, 1_000_000);
      const now = Deno.memoryUsage();
      assertLess(now.external + now.heapUsed - external - heapUsed, 64_000_000);
      client.close();
      await upstream.requests[0]!.closed;
    });
  }
});

Deno.test("U14: a slow taker stops decompression", async () => {
  const size = 20_000_000;
  const bytes = zlib.gzipSync(Buffer.alloc(size));
  await using upstream = await TestUpstream.start((r) =>
    r.respond(bytes, { "content-encoding": "gzip" })
  );
  const client = new HttpClient();
  const { body } = await send(client, upstream.url());
  let taken = 0;
  let running = 0;
  await body.pump(async (chunk) => {
    assertEquals(++running, 1, "one chunk at a time");
    await Promise.resolve();
    taken += chunk.length;
    running--;
  });
  assertEquals(taken, size);
  client.close();
});

Deno.test("U14: nested, unknown and wrong codings are refused", async () => {
  const gzip = zlib.gzipSync("hello");
  const answers: [coding: string, bytes: Uint8Array][] = [
    ["gzip, gzip", zlib.gzipSync(gzip)],
    ["gzip, identity", gzip],
    ["compress", gzip],
    ["constructor", gzip],
    ["gzip", Buffer.from('{"not":"gzip"}')],
    ["deflate", Buffer.from('{"not":"deflate"}')],
    ["br", Buffer.from('{"not":"brotli"}')],
    ["zstd", Buffer.from('{"not":"zstd"}')],
  ];
  for (const [coding, bytes] of answers) {
    await using upstream = await TestUpstream.start((r) =>
      r.respond(bytes, { "content-encoding": coding }, 503)
    );
    const client = new HttpClient();
    const { status, body } = await send(client, upstream.url());
    // The status is told all the same.
    assertEquals(status, 503);
    const code = await failure(readText(body));
    assertEquals(code, "upstream_invalid_response", coding);
    client.close();
    await upstream.requests[0]!.closed;
  }
});

Deno.test("P-22: compressed data that ends early is a cut, also where the framing is whole", async () => {
  const text = Array.from({ length: 2_000 }, (_, i) => `line ${i * i}`).join();
  // Of `br` and `zstd`, the decoders do not tell: there only the framing does.
  const told = new Set(["gzip", "deflate"]);
  for (const coding of ["gzip", "deflate", "br", "zstd"]) {
    const bytes = CODINGS[coding]!(text);
    const part = bytes.subarray(0, bytes.length - 20);
    await using upstream = await TestUpstream.start(async (r) => {
      if (r.path === "/whole") {
        return r.respond(part, { "content-encoding": coding });
      }
      await r.write(
        `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${bytes.length}\r\n\r\n`,
      );
      await r.write(part);
      r.end();
    });
    const client = new HttpClient();
    for (const path of told.has(coding) ? ["/whole", "/cut"] : ["/cut"]) {
      const { body } = await send(client, upstream.url(path));
      const { code } = await readCut(body);
      assertEquals(code, "upstream_body_cut", `${coding} ${path}`);
    }
    client.close();
  }
});

Deno.test("HttpClient reads an empty body whatever its coding", async () => {
  await using upstream = await TestUpstream.start((r) =>
    r.path === "/empty"
      ? r.respond("", { "content-encoding": "gzip" })
      : r.write("HTTP/1.1 204 No Content\r\ncontent-encoding: gzip\r\n\r\n")
  );
  const client = new HttpClient();
  for (const path of ["/empty", "/none"]) {
    const { body } = await send(client, upstream.url(path));
    assertEquals(await readText(body), "");
  }
  client.close();
});
