/**
 * For benchmarks only, never published: an upstream in a worker of its own,
 * so that the thread under measure does the client's work alone. Posts its
 * port when it listens.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createServer } from "node:net";

const TEXT = JSON.stringify({
  id: "chatcmpl-1",
  choices: [{ message: { role: "assistant", content: "hello ".repeat(60) } }],
});
const SMALL = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: r1\r\ncontent-length: ${TEXT.length}\r\n\r\n${TEXT}`,
);
const HEAD = Buffer.from(
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
);
const EVENT = `data: {"choices":[{"delta":{"content":"hello"}}]}\n\n`;
const CHUNK = Buffer.from(`${EVENT.length.toString(16)}\r\n${EVENT}\r\n`);
const LAST = Buffer.from("0\r\n\r\n");

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => {});
  // Requests come whole: the benchmark's are small and never pipelined.
  socket.on("data", (request: Uint8Array) => {
    // The path's first letter, behind "POST /".
    if (request[6] !== 0x73) return void socket.write(SMALL);
    socket.write(HEAD);
    for (let i = 0; i < 100; i++) socket.write(CHUNK);
    socket.write(LAST);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") {
    (self as unknown as { postMessage(message: unknown): void }).postMessage(
      address?.port,
    );
  }
});
