import { assert, assertEquals } from "@std/assert";
import { BodyDigest } from "./_body_digest.ts";

const encoder = new TextEncoder();

function form(boundary: string, content: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\nm` +
    `\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n` +
    `${content}\r\n--${boundary}--\r\n`;
}

function digest(boundary: string, body: string, size = Infinity): string {
  const it = new BodyDigest(`multipart/form-data; boundary=${boundary}`);
  const bytes = encoder.encode(body);
  for (let at = 0; at < bytes.length; at += size) {
    it.update(bytes.slice(at, at + size));
  }
  return it.end();
}

Deno.test("BodyDigest is the same for a form in any pieces and with any boundary", () => {
  const content = "one\r\n--two\r\n\r\n-three";
  const whole = digest("b1", form("b1", content));
  for (const size of [1, 2, 3, 5, 7, 64]) {
    assertEquals(digest("b1", form("b1", content), size), whole, `${size}`);
  }
  assertEquals(digest("a-longer-one", form("a-longer-one", content)), whole);
});

Deno.test("BodyDigest tells forms of the same length apart", () => {
  const whole = digest("b1", form("b1", "one"));
  assert(digest("b1", form("b1", "two")) !== whole);
  assert(digest("b1", form("b1", "on\n")) !== whole);
  // Of which a mark is no part.
  assert(digest("b2", form("b1", "one")) !== whole);
});

Deno.test("BodyDigest takes what is no form as it is", () => {
  const of = (...pieces: string[]): string => {
    const it = new BodyDigest("audio/wav");
    for (const piece of pieces) it.update(encoder.encode(piece));
    return it.end();
  };
  assertEquals(of("ab", "c"), of("abc"));
  assert(of("abc") !== of("abd") && of() !== of("a"));
});

Deno.test("BodyDigest holds no more of a body than a boundary, and forgets bytes that are used again", () => {
  const it = new BodyDigest("multipart/form-data; boundary=b1");
  const chunk = new Uint8Array(5);
  for (const text of ["--b1\r", "\n\r\nab", "c\r\n--", "b1-- "]) {
    chunk.set(encoder.encode(text));
    it.update(chunk);
  }
  assertEquals(it.end(), digest("b1", "--b1\r\n\r\nabc\r\n--b1-- "));
});
