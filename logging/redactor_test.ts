import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { Redactor } from "./redactor.ts";

const SECRET = "hunter2-and-then-some/more+of=it";

Deno.test("X11: Redactor takes registered values out wherever they stand", () => {
  const redactor = new Redactor([SECRET, "shorty-8"]);
  const cases: [string, string][] = [
    [SECRET, "[redacted]"],
    [`a ${SECRET} b ${SECRET}`, "a [redacted] b [redacted]"],
    [`x${SECRET}shorty-8y`, "x[redacted]y"],
    ["shorty-8", "[redacted]"],
    ["shorty-", "shorty-"],
    ["nothing to see", "nothing to see"],
    ["", ""],
  ];
  for (const [text, expected] of cases) {
    assertEquals(redactor.redact(text), expected);
  }
});

Deno.test("X11: Redactor finds every value at every place, and all of its runs of 12", () => {
  // None of the letters of the text stand in the secrets.
  const around = fc.string({
    unit: fc.constantFrom("a", "b", "ä", " ", '"', "🦀"),
    maxLength: 60,
  });
  const secret = fc.string({
    unit: fc.constantFrom("x", "y", "z", "7", "-", "\u00e9"),
    minLength: 8,
    maxLength: 40,
  });
  fc.assert(
    fc.property(
      around,
      fc.array(secret, { minLength: 1, maxLength: 4 }),
      around,
      (before, secrets, after) => {
        const redactor = new Redactor(secrets);
        for (const value of secrets) {
          assertEquals(
            redactor.redact(before + value + after),
            `${before}[redacted]${after}`,
          );
          const part = value.slice(1, 13);
          const expected = part.length === 12 || secrets.includes(part)
            ? "[redacted]"
            : undefined;
          if (expected) {
            assertEquals(
              redactor.redact(before + part + after),
              before + expected + after,
            );
          }
        }
        assertEquals(redactor.redact(before + after), before + after);
      },
    ),
  );
});

Deno.test("X11: Redactor knows values in JSON, in URLs and in Base64", () => {
  const value = 'pass"word\nwith ünïcode?';
  const redactor = new Redactor([value]);
  const bytes = (text: string) => new TextEncoder().encode(text);
  const spellings = [
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    bytes(value).toBase64(),
    bytes(`u:${value}`).toBase64(),
    bytes(`user:${value}!`).toBase64({ alphabet: "base64url" }),
    bytes(`me:${value}--`).toBase64(),
  ];
  for (const text of spellings) {
    const redacted = redactor.redact(`<${text}>`);
    assert(redacted.includes("[redacted]"), text);
    // What is left of Base64 is what depends on the neighbours.
    assert(redacted.length <= "<[redacted]>".length + 14, redacted);
  }
});

Deno.test("Redactor.remove() takes back one add()", () => {
  const redactor = new Redactor();
  assert(redactor.add(SECRET));
  assert(redactor.add(SECRET));
  redactor.remove(SECRET);
  assertEquals([redactor.size, redactor.redact(SECRET)], [1, "[redacted]"]);
  redactor.remove(SECRET);
  redactor.remove("never-added");
  assertEquals([redactor.size, redactor.redact(SECRET)], [0, SECRET]);
});

Deno.test("Redactor.add() refuses what is short, cuts what is long, throws when full", () => {
  const redactor = new Redactor();
  assert(!redactor.add("seven77"));
  assertEquals(redactor.size, 0);
  const long = Array.from(
    { length: 5_000 },
    (_, at) => String.fromCharCode(0x4e00 + at),
  ).join("");
  assert(redactor.add(long));
  assertEquals(redactor.redact(long), `[redacted]${long.slice(4_096)}`);
  for (let at = 1; at < 256; at++) {
    redactor.add(String.fromCharCode(0x400 + at).repeat(4_096));
  }
  assertThrows(
    () => redactor.add("one-too-many"),
    RangeError,
    "1048576 characters",
  );
  redactor.remove(long);
  assert(redactor.add("one-too-many"));
});

Deno.test("P-18: Redactor strips queries, fragments and user names of URLs", () => {
  const redactor = new Redactor();
  const cases: [string, string][] = [
    ["https://a.example/v1?key=1&b=2", "https://a.example/v1?[redacted]"],
    [
      "(HTTP://a.example:80/?key=1) and more",
      "(HTTP://a.example:80/?[redacted] and more",
    ],
    [
      '{"url":"https://a.example/v1?key=1","b":1}',
      '{"url":"https://a.example/v1?[redacted]","b":1}',
    ],
    [
      '{"text":"\\"https://a.example/?k=1\\""}',
      '{"text":"\\"https://a.example/?[redacted]\\""}',
    ],
    ["https://me:secret@a.example/x@y", "https://[redacted]@a.example/x@y"],
    ["https://me:se@cret@a.example/", "https://[redacted]@a.example/"],
    ["https://a.example/#token=1?x", "https://a.example/#[redacted]"],
    ["https://a.example/v1? next", "https://a.example/v1? next"],
    ["https://a.example/v1", "https://a.example/v1"],
    ["http://a/?b https://c/?d", "http://a/?[redacted] https://c/?[redacted]"],
    ["ftp://a/?b=1 :// ://?x s://?y", "ftp://a/?b=1 :// ://?x s://?y"],
    ["https://a/?next=https://b/?c=d", "https://a/?[redacted]"],
  ];
  for (const [text, expected] of cases) {
    assertEquals(redactor.redact(text), expected);
  }
});

Deno.test("X11: Redactor knows the looks of keys", () => {
  const redactor = new Redactor();
  const cases: [string, string][] = [
    ["key sk-proj-0123456789abcdef, wrong", "key [redacted], wrong"],
    ["sk-ant-api03-AAAA_bbbb-CCCC", "[redacted]"],
    ["Incorrect API key: sk-ab***wxyz", "Incorrect API key: sk-ab***wxyz"],
    [
      "authorization: Bearer abcdef0123456789abc",
      "authorization: Bearer [redacted]",
    ],
    ["bearer abcdef0123456789abc=", "bearer [redacted]"],
    ["Basic dXNlcjpwYXNzd29yZA==", "Basic [redacted]"],
    ["Basic authentication failed", "Basic authentication failed"],
    ["Bearer token missing", "Bearer token missing"],
    ["AIzaSyA0123456789abcdefghijk", "[redacted]"],
    ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "[redacted]"],
    ["gsk_0123456789abcdef xai-0123456789abcdef", "[redacted] [redacted]"],
    [
      "task-0123456789abcdef and risk-taking-behaviour",
      "task-0123456789abcdef and risk-taking-behaviour",
    ],
  ];
  for (const [text, expected] of cases) {
    assertEquals(redactor.redact(text), expected);
  }
});

Deno.test("Redactor takes linear time for hostile text", () => {
  const redactor = new Redactor(["a".repeat(40), "ab".repeat(20), SECRET]);
  const hostile = [
    "aaaaaaa ".repeat(40_000),
    "abababa".repeat(45_000),
    "https://".repeat(40_000),
    "http://@".repeat(40_000),
    "sk-sk-sk".repeat(40_000),
    "Bearer ".repeat(45_000),
    "eyJeyJ ".repeat(45_000),
    "://".repeat(100_000),
  ];
  for (const text of hostile) {
    const start = performance.now();
    redactor.redact(text);
    const took = performance.now() - start;
    // Quadratic time would be minutes.
    assert(took < 2_000, `${text.slice(0, 10)}: ${took} ms`);
  }
});
