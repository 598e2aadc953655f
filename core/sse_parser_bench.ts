import { SseParser } from "./sse_parser.ts";

const encoder = new TextEncoder();
const text =
  `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":" hello"},"logprobs":null,"finish_reason":null}],"usage":null}\n\n`;
const event = encoder.encode(text);
const crlf = encoder.encode(text.replaceAll("\n", "\r\n"));
const block = encoder.encode(text.repeat(100));
const half = event.length >> 1;
const parser = new SseParser();

Deno.bench("one event, one chunk", () => {
  parser.push(event);
});

Deno.bench("one event, one chunk, CRLF", () => {
  parser.push(crlf);
});

Deno.bench("one event, two chunks", () => {
  parser.push(event.subarray(0, half));
  parser.push(event.subarray(half));
});

Deno.bench("100 events, one chunk", () => {
  parser.push(block);
});
