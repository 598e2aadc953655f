import { assert, assertEquals } from "@std/assert";
import { ByteCollector } from "./byte_collector.ts";

Deno.test("ByteCollector hands on a single chunk as it is", () => {
  const chunk = new Uint8Array([1, 2, 3]);
  const body = new ByteCollector();
  assertEquals(body.bytes().byteLength, 0);
  body.add(chunk);
  assert(body.bytes() === chunk);
});

Deno.test("ByteCollector joins chunks of every size, empty ones too", () => {
  const body = new ByteCollector();
  const sizes = [0, 1, 3, 0, 20_000, 5, 70_000, 1];
  let next = 0;
  for (const size of sizes) {
    body.add(Uint8Array.from({ length: size }, () => next++ % 251));
  }
  const bytes = body.bytes();
  assertEquals([body.size, bytes.byteLength], [90_010, 90_010]);
  assert(bytes.every((byte, i) => byte === i % 251));
});

Deno.test("C7: ByteCollector takes 20 MB in single bytes in bounded memory", () => {
  const body = new ByteCollector();
  const before = Deno.memoryUsage().rss;
  const chunk = new Uint8Array([7]);
  for (let i = 0; i < 20_000_000; i++) body.add(chunk);
  assertEquals(body.size, 20_000_000);
  assert(Deno.memoryUsage().rss - before < 256 * 1024 * 1024);
});

Deno.test("P6: ByteCollector takes no more memory than was announced, and believes that only as more comes", () => {
  const body = new ByteCollector(1_000_000);
  for (let i = 0; i < 100; i++) {
    body.add(new Uint8Array(10_000).fill(i));
    const room = body.bytes().buffer.byteLength;
    assert(room <= Math.min(1_000_000, 4 * body.size), `${room}`);
  }
  assertEquals(body.bytes().byteLength, 1_000_000);
  assertEquals(body.bytes()[999_999], 99);
  // More than was announced is taken all the same.
  body.add(new Uint8Array([7]));
  assertEquals(body.bytes()[1_000_000], 7);
});
