import { assert, assertEquals, assertThrows } from "@std/assert";
import { EventStreamCodec } from "@smithy/eventstream-codec";
import { UpstreamError } from "./errors.ts";
import { eventStreamFraming, EventStreamParser } from "./eventstream_parser.ts";
import type { SseEvent } from "./sse_parser.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Amazon's own codec writes the frames. */
const codec = new EventStreamCodec(
  (bytes) => decoder.decode(bytes as Uint8Array),
  (text) => encoder.encode(text),
);

type Headers = Parameters<typeof codec.encode>[0]["headers"];

function frame(headers: Headers, body = ""): Uint8Array {
  return codec.encode({ headers, body: encoder.encode(body) });
}

function text(value: string): Headers[string] {
  return { type: "string", value };
}

function event(name: string, body = "{}"): Uint8Array {
  return frame({
    ":event-type": text(name),
    ":content-type": text("application/json"),
    ":message-type": text("event"),
  }, body);
}

function join(...chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
}

const STREAM = join(
  event("messageStart", `{"role":"assistant"}`),
  event("contentBlockDelta", `{"delta":{"text":"Olá 🙂"},"p":"abc"}`),
  event("empty", ""),
  frame({
    ":exception-type": text("throttlingException"),
    ":message-type": text("exception"),
  }, `{"message":"slow down"}`),
  frame({
    ":message-type": text("error"),
    ":error-code": text("InternalError"),
    ":error-message": text("it broke"),
  }),
);
const EVENTS: readonly SseEvent[] = [
  { event: "messageStart", data: `{"role":"assistant"}` },
  {
    event: "contentBlockDelta",
    data: `{"delta":{"text":"Olá 🙂"},"p":"abc"}`,
  },
  { event: "empty", data: "" },
  { event: "exception/throttlingException", data: `{"message":"slow down"}` },
  { event: "error/InternalError", data: `{"message":"it broke"}` },
];

Deno.test("E4, M18: frames read alike wherever the body is cut in two", () => {
  for (let cut = 0; cut <= STREAM.length; cut++) {
    const parser = new EventStreamParser();
    const events = [
      ...parser.push(STREAM.subarray(0, cut)),
      ...parser.push(STREAM.subarray(cut)),
      ...parser.end(),
    ];
    assertEquals(events, EVENTS, `${cut}`);
  }
});

Deno.test("E4, M12: frames read alike byte by byte and in pieces of any length", () => {
  for (const size of [1, 2, 3, 7, 11, 12, 13, 64, 1000]) {
    const parser = new EventStreamParser();
    const events: SseEvent[] = [];
    for (let at = 0; at < STREAM.length; at += size) {
      events.push(...parser.push(STREAM.subarray(at, at + size)));
    }
    assertEquals([...events, ...parser.end()], EVENTS, `${size}`);
  }
});

Deno.test("E4: a frame with any one bit wrong is an error, or at least no event", () => {
  const one = event("messageStop", `{"stopReason":"end_turn"}`);
  for (let at = 0; at < one.length; at++) {
    const damaged = one.slice();
    damaged[at]! ^= 0x10;
    const parser = new EventStreamParser();
    const error = assertThrows(() => {
      assertEquals(parser.push(damaged), []);
      parser.end();
    }, UpstreamError);
    assertEquals(error.kind, "upstream", `${at}`);
  }
});

Deno.test("E4: what came before a damaged frame is handed out, however the body is cut", () => {
  const damaged = event("second");
  damaged[damaged.length - 1]! ^= 1;
  const body = join(event("first"), damaged);
  for (const size of [1, 50, body.length]) {
    const parser = new EventStreamParser();
    const events: SseEvent[] = [];
    const error = assertThrows(() => {
      for (let at = 0; at < body.length; at += size) {
        events.push(...parser.push(body.subarray(at, at + size)));
      }
      parser.end();
    }, UpstreamError);
    assertEquals(events, [{ event: "first", data: "{}" }]);
    assertEquals(error.code, "upstream_invalid_response");
    assertThrows(() => parser.push(event("third")), UpstreamError);
  }
});

Deno.test("U6: a body that ends within a frame is cut", () => {
  for (let cut = 1; cut < 40; cut++) {
    const parser = new EventStreamParser();
    parser.push(event("messageStart").subarray(0, cut));
    const { code } = assertThrows(() => parser.end(), UpstreamError);
    assertEquals(code, "upstream_stream_truncated");
  }
});

Deno.test("L9: a frame over the cap is refused by its head alone", () => {
  const large = event("chunk", "x".repeat(2000));
  const parser = new EventStreamParser({ maxFrameBytes: 1000 });
  assertEquals(parser.push(large.subarray(0, 11)), []);
  const { code } = assertThrows(
    () => parser.push(large.subarray(11, 12)),
    UpstreamError,
  );
  assertEquals(code, "upstream_event_too_large");
});

Deno.test("M11, E4: a frame of a megabyte in small pieces is one event", () => {
  const body = "y".repeat(1024 * 1024);
  const large = event("chunk", body);
  const parser = new EventStreamParser();
  const events: SseEvent[] = [];
  for (let at = 0; at < large.length; at += 1400) {
    events.push(...parser.push(large.subarray(at, at + 1400)));
  }
  assertEquals(events.map(({ data }) => data.length), [body.length]);
});

Deno.test("M18: headers of every type are passed over", () => {
  const parser = new EventStreamParser();
  const odd = frame({
    yes: { type: "boolean", value: true },
    no: { type: "boolean", value: false },
    byte: { type: "byte", value: 1 },
    short: { type: "short", value: 2 },
    integer: { type: "integer", value: 3 },
    binary: { type: "binary", value: new Uint8Array(5) },
    timestamp: { type: "timestamp", value: new Date(0) },
    uuid: { type: "uuid", value: "00000000-0000-0000-0000-000000000000" },
    ":event-type": text("after"),
  });
  assertEquals(parser.push(odd), [{ event: "after", data: "" }]);
});

Deno.test("M20, U10: a body that begins like JSON is no event stream", () => {
  const isStray = (bytes: Uint8Array) => eventStreamFraming.isStray(bytes);
  assertEquals(isStray(encoder.encode(`{"Output":{}}`)), true);
  assertEquals(isStray(encoder.encode("[]")), true);
  assertEquals(isStray(STREAM), false);
  assertEquals(isStray(new Uint8Array()), undefined);
  // 123 bytes: its length has the code of a brace.
  let padding = 0;
  while (event("e", "x".repeat(padding)).length < 0x7b) padding++;
  const braced = event("e", "x".repeat(padding));
  assert(braced.includes(0x7b));
  assertEquals(isStray(braced), false);
});
