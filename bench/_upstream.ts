// An upstream that costs next to nothing: fixed bytes on raw sockets. A request
// with `"stream":true` gets 100 events, each a write of its own.
import { Buffer } from "node:buffer";
import { type AddressInfo, createServer, type Socket } from "node:net";

const base = {
  id: "chatcmpl-bench",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "bench-1",
};
const usage = { prompt_tokens: 19, completion_tokens: 100, total_tokens: 119 };

const whole = JSON.stringify({
  ...base,
  choices: [{
    index: 0,
    message: {
      role: "assistant",
      content: "Hello! How can I help you today? ".repeat(6),
    },
    logprobs: null,
    finish_reason: "stop",
  }],
  usage,
});
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${whole.length}\r\n\r\n${whole}`,
);

function chunk(text: string): Buffer {
  return Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`);
}

function event(value: Record<string, unknown>): Buffer {
  const object = "chat.completion.chunk";
  return chunk(`data: ${JSON.stringify({ ...base, object, ...value })}\n\n`);
}

function choice(delta: unknown, finish: string | null): Buffer {
  return event({
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  });
}

const events = [
  choice({ role: "assistant", content: "tok0 " }, null),
  ...Array.from(
    { length: 98 },
    (_, i) => choice({ content: `tok${i + 1} ` }, null),
  ),
  choice({}, "stop"),
  event({ choices: [], usage }),
  Buffer.concat([chunk("data: [DONE]\n\n"), Buffer.from("0\r\n\r\n")]),
];
const streamHead = Buffer.from(
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
);

function stream(socket: Socket): void {
  socket.write(streamHead);
  let next = 0;
  const step = (): void => {
    if (socket.destroyed) return;
    const bytes = events[next++];
    if (bytes === undefined) return;
    socket.write(bytes);
    setImmediate(step);
  };
  step();
}

const server = createServer({ noDelay: true }, (socket) => {
  let text = "";
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (text.length < end + 4 + length) return;
    if (text.includes('"stream":true', end)) stream(socket);
    else socket.write(answer);
    text = "";
  });
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  Deno.stdout.writeSync(new TextEncoder().encode(`http://127.0.0.1:${port}\n`));
});
