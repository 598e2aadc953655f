// A closed-loop load generator on raw sockets: each connection sends a request
// and waits for its whole answer. Prints one line of JSON.
// Arguments: URL, connections, seconds, `whole` or `stream`.
import { Buffer } from "node:buffer";
import { connect } from "node:net";

const [address = "", connections = "32", seconds = "5", kind = "whole"] =
  Deno.args;
const { hostname, port, pathname } = new URL(address);
const body = JSON.stringify({
  model: "bench/bench-1",
  messages: [
    { role: "system", content: "You are a helpful assistant." },
    { role: "user", content: "Say hello and ask how you can help me today." },
  ],
  temperature: 0.7,
  max_tokens: 100,
  ...(kind === "stream" && { stream: true }),
});
const request = Buffer.from(
  `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\n` +
    `authorization: Bearer sk-bench-0000000000000000\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
);

const start = performance.now();
const end = start + Number(seconds) * 1000;
const latencies: number[] = [];
let errors = 0;

function run(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
    });
    let sentAt = 0;
    let answer = "";
    const send = (): void => {
      answer = "";
      sentAt = performance.now();
      socket.write(request);
    };
    socket.on("connect", send);
    socket.on("error", () => errors++);
    socket.on("close", () => resolve());
    socket.on("data", (bytes: Buffer) => {
      // Only the head and the very end of a stream matter.
      answer = (answer + bytes.toString("latin1")).slice(-64 * 1024);
      if (!isWhole(answer)) return;
      if (!answer.includes("HTTP/1.1 200") || answer.includes('"error"')) {
        errors++;
      }
      const now = performance.now();
      latencies.push(now - sentAt);
      if (now < end) send();
      else socket.destroy();
    });
  });
}

function isWhole(answer: string): boolean {
  const head = answer.indexOf("\r\n\r\n");
  if (head < 0) return false;
  const length = /content-length: (\d+)/i.exec(answer.slice(0, head))?.[1];
  if (length === undefined) return answer.endsWith("0\r\n\r\n");
  return answer.length >= head + 4 + Number(length);
}

await Promise.all(Array.from({ length: Number(connections) }, run));
const took = (performance.now() - start) / 1000;
latencies.sort((a, b) => a - b);
const at = (share: number): number =>
  latencies[
    Math.min(latencies.length - 1, Math.floor(latencies.length * share))
  ] ??
    0;
const result = {
  requests: latencies.length,
  rps: latencies.length / took,
  p50: at(0.5),
  p99: at(0.99),
  errors,
};
Deno.stdout.writeSync(
  new TextEncoder().encode(`${JSON.stringify(result)}\n`),
);
