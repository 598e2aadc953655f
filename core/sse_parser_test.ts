import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { assertLinear } from "../logging/_test_linear.ts";
import { UpstreamError } from "./errors.ts";
import { type SseEvent, SseParser } from "./sse_parser.ts";

const encoder = new TextEncoder();

/** The standard, as slowly and literally as it can be written. */
function reference(bytes: Uint8Array): SseEvent[] {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/);
  const events: SseEvent[] = [];
  let type = "";
  let data: string[] = [];
  for (const line of [...lines, ""]) {
    if (line === "") {
      if (data.length > 0) events.push({ event: type, data: data.join("\n") });
      type = "";
      data = [];
      continue;
    }
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") data.push(value);
    if (name === "event") type = value;
  }
  return events;
}

function parse(chunks: Iterable<Uint8Array>): SseEvent[] {
  const parser = new SseParser();
  const events: SseEvent[] = [];
  for (const chunk of chunks) events.push(...parser.push(chunk));
  events.push(...parser.end());
  return events;
}

function* cut(bytes: Uint8Array, sizes: readonly number[]) {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.slice(at, at + size);
    at += size;
  }
}

function data(...lines: string[]): SseEvent[] {
  return lines.map((line) => ({ event: "", data: line }));
}

const streams: [rule: string, text: string, events: SseEvent[]][] = [
  ["M1: LF", "data: a\n\ndata: b\n\n", data("a", "b")],
  ["M1: CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", data("a", "b")],
  ["M1: CR", "data: a\r\rdata: b\r\r", data("a", "b")],
  ["M1: a mix", "data: a\n\r\ndata: b\r\ndata: c\r\r\n", data("a", "b\nc")],
  ["M3: one mark is stripped", "\ufeffdata: a\n\n", data("a")],
  [
    "M3: a later mark is kept",
    "data: \ufeffa\n\n\ufeffdata: b\n\n",
    data("\ufeffa"),
  ],
  ["M3: only one mark is stripped", "\ufeff\ufeffdata: a\n\n", []],
  [
    "M4: lines of data are joined",
    "data: a\ndata\ndata: b\n\n",
    data("a\n\nb"),
  ],
  [
    "M5: one space is removed",
    "data:a\n\ndata: a\n\ndata:  a\n\n",
    data("a", "a", " a"),
  ],
  ["M6: comments are ignored", ": ping\n\n:\ndata: a\n:x\n\n", data("a")],
  [
    "M8: unknown fields are ignored",
    "id: a\0b\nretry: 10\ndatabase: x\nfoo\n data: y\ndata : z\ndata: a\n\n",
    data("a"),
  ],
  ["M9: a type without data", "event: a\n\ndata: b\n\n", data("b")],
  ["M9: empty data is data", "data\n\ndata:\n\n", data("", "")],
  [
    "M10: the terminator",
    "data:[DONE]\n\ndata: [DONE]\n\n",
    data("[DONE]", "[DONE]"),
  ],
  ["the last type counts", "event: a\nevent:b\ndata: c\n\ndata: d\n\n", [{
    event: "b",
    data: "c",
  }, ...data("d")]],
  ["M7: no blank line at the end", "data: a\n\ndata: b\n", data("a", "b")],
  [
    "M7: no line end at the end",
    "data: a\n\ndata: [DONE]",
    data("a", "[DONE]"),
  ],
  ["M7: a type alone at the end", "data: a\n\nevent: b", data("a")],
  [
    "M14: separators that are no line ends",
    "data: a\u2028b\u2029c\u0085d\0\n\n",
    data("a\u2028b\u2029c\u0085d\0"),
  ],
  [
    "M2: text beyond ASCII",
    "data: 世界 🧑‍🚀 e\u0301 ñ\n\n",
    data("世界 🧑‍🚀 e\u0301 ñ"),
  ],
  ["nothing", "", []],
  ["blank lines", "\n\r\n\r\n\n", []],
];

for (const [rule, text, events] of streams) {
  Deno.test(`${rule}, cut at every byte and everywhere`, () => {
    const bytes = encoder.encode(text);
    assertEquals(reference(bytes), events, "reference");
    assertEquals(parse([bytes]), events, "whole");
    assertEquals(parse(cut(bytes, [1])), events, "bytes");
    for (let at = 1; at < bytes.length; at++) {
      const chunks = [bytes.slice(0, at), new Uint8Array(0), bytes.slice(at)];
      assertEquals(parse(chunks), events, `cut at ${at}`);
    }
  });
}

Deno.test("U8: any stream gives the same events however it is cut", () => {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("\n", "\r", "\r\n", "\n\n") },
    {
      weight: 4,
      arbitrary: fc.constantFrom("data:", "data: ", "data", "event: x"),
    },
    fc.constantFrom(":", ": c", "id: 1", "retry: 2", "\ufeff", " ", "é", "🧑‍🚀"),
    fc.string({ unit: "binary", maxLength: 12 }),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 8 }),
      (pieces, sizes) => {
        const bytes = encoder.encode(pieces.join(""));
        assertEquals(parse(cut(bytes, sizes)), reference(bytes));
      },
    ),
    { numRuns: 10_000 },
  );
});

Deno.test("U9: bytes that are no UTF-8 stay contained, however they are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
      (junk, sizes) => {
        const bytes = Uint8Array.from(
          junk.flatMap((part) => [...encoder.encode("\ndata: a"), ...part]),
        );
        assertEquals(parse(cut(bytes, sizes)), reference(bytes));
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("U9: 1,000 strings of many scripts survive a cut at every byte", () => {
  const unit = fc.constantFrom(
    ..."漢字かな한글",
    "🧑‍🚀",
    "👩‍👩‍👧",
    "e\u0301",
    "न\u093f",
    "\u{1d11e}",
    "a",
  );
  const strings = fc.sample(
    fc.string({ unit, minLength: 1, maxLength: 8 }),
    1000,
  );
  for (const text of strings) {
    const bytes = encoder.encode(`data: ${text}\n\n`);
    for (let at = 1; at < bytes.length; at++) {
      const [event, ...more] = parse([bytes.slice(0, at), bytes.slice(at)]);
      if (event?.data !== text || more.length > 0) {
        assertEquals(event?.data, text, `cut at ${at}`);
      }
    }
  }
});

Deno.test("push() does not keep the chunk when the caller reuses it", () => {
  const parser = new SseParser();
  const chunk = encoder.encode("data: ab");
  parser.push(chunk);
  chunk.fill(120);
  assertEquals(parser.push(encoder.encode("c\n\n")), data("abc"));
});

Deno.test("M11: an event of 5 MB passes in chunks of 64 KB", () => {
  const text = "漢字".repeat(850_000);
  const events = parse(cut(encoder.encode(`data: ${text}\r\n\r\n`), [65_536]));
  assertEquals(events.length, 1);
  assert(events[0]?.data === text);
});

const oversized: [name: string, prefix: string, piece: string][] = [
  ["one line that never ends", "data: ", "x".repeat(64)],
  [
    "a line that never ends after others",
    `data: ${"x".repeat(600)}\ndata: `,
    "x".repeat(64),
  ],
  ["many lines of data", "", "data: xxxxxxxxxx\n"],
  ["many empty lines of data", "", "data\n"],
  ["many types", "", "event: xxxxxxxxxx\n"],
  ["a comment that never ends", ":", "x".repeat(64)],
];

for (const [name, prefix, piece] of oversized) {
  Deno.test(`U12: ${name} is refused at the cap`, () => {
    const parser = new SseParser({ maxEventBytes: 1000 });
    parser.push(encoder.encode(prefix));
    const bytes = encoder.encode(piece);
    let size = prefix.length;
    const error = assertThrows(() => {
      for (; size < 3000; size += bytes.length) parser.push(bytes);
    }, UpstreamError);
    assertEquals(error.code, "upstream_event_too_large");
    assertEquals(error.status, 502);
    assert(size + bytes.length > 1000, `refused at ${size}`);
    assert(size < 1100, `refused at ${size}`);
  });
}

Deno.test("U12: an event above the cap is refused when it comes in one chunk", () => {
  const parser = new SseParser({ maxEventBytes: 1000 });
  assertThrows(
    () => parser.push(encoder.encode(`data: ${"x".repeat(1000)}\n\n`)),
    UpstreamError,
  );
});

Deno.test("U12: the cap is an event's, not the stream's", () => {
  const parser = new SseParser({ maxEventBytes: 100 });
  const bytes = encoder.encode(
    `: ${"x".repeat(90)}\ndata: ${"y".repeat(80)}\n\n`,
  );
  let events = 0;
  for (let i = 0; i < 100; i++) {
    for (const chunk of cut(bytes, [7])) events += parser.push(chunk).length;
  }
  assertEquals(events, 100);
});

Deno.test("U13: an event in 16-byte pieces takes linear time", () => {
  const piece = encoder.encode("0123456789abcdef");
  const run = (bytes: number): void => {
    const parser = new SseParser({ maxEventBytes: 16 * 1024 * 1024 });
    parser.push(encoder.encode("data: "));
    for (let sent = 0; sent < bytes; sent += 16) parser.push(piece);
    assertEquals(parser.push(encoder.encode("\n\n"))[0]?.data.length, bytes);
  };
  // Ten times the bytes: quadratic work would take a hundred times as long.
  assertLinear(run, { sizes: [1_000_000, 10_000_000], most: 40 });
});

Deno.test("U12: a million tiny events come out complete", () => {
  const chunk = encoder.encode("data:x\n\n".repeat(10_000));
  const parser = new SseParser();
  let events = 0;
  for (let i = 0; i < 100; i++) {
    for (const part of [chunk.subarray(0, 33_333), chunk.subarray(33_333)]) {
      events += parser.push(part).length;
    }
  }
  assertEquals(events, 1_000_000);
});
