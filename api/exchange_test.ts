// The contract of Exchange, run against every adapter over real sockets.
import { GatewayError } from "@llm-proxy/core";
import { assert, assertEquals } from "@std/assert";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Exchange } from "./exchange.ts";
import { NodeExchange } from "./node_exchange.ts";
import { WebExchange } from "./web_exchange.ts";

type Handler = (exchange: Exchange) => Promise<void>;
interface Server {
  readonly port: number;
  close(): Promise<void>;
}

const ADAPTERS: Readonly<Record<string, (handle: Handler) => Promise<Server>>> =
  {
    node: (handle) =>
      new Promise((resolve) => {
        const server = createServer((incoming, outgoing) => {
          void handle(new NodeExchange(incoming, outgoing, "/path"));
        });
        server.listen(0, "127.0.0.1", () =>
          resolve({
            port: (server.address() as AddressInfo).port,
            close: () =>
              new Promise((done) => {
                server.close(() => done());
                server.closeAllConnections();
              }),
          }));
      }),
    web: (handle) => {
      const server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        (request) => {
          const exchange = new WebExchange(request, "/path");
          void handle(exchange);
          return exchange.response;
        },
      );
      return Promise.resolve({
        port: server.addr.port,
        close: () => server.shutdown(),
      });
    },
  };

function contract(
  name: string,
  handle: (exchange: Exchange, note: (value: unknown) => void) => Promise<void>,
  client: (port: number, noted: Promise<unknown>) => Promise<void>,
): void {
  for (const [adapter, start] of Object.entries(ADAPTERS)) {
    Deno.test(`Exchange (${adapter}) ${name}`, async () => {
      const noted = Promise.withResolvers<unknown>();
      const server = await start((exchange) =>
        handle(exchange, noted.resolve).catch(noted.reject)
      );
      try {
        await client(server.port, noted.promise);
      } finally {
        await server.close();
      }
    });
  }
}

contract(
  "gives the method, headers and body, and answers whole",
  async (exchange) => {
    const body = new TextDecoder().decode(await exchange.body(100));
    const { method, path } = exchange;
    exchange.send(
      201,
      { "content-type": "text/plain", "x-one": "1" },
      `${method} ${path} ${exchange.header("x-asked")} ${body}`,
    );
  },
  async (port) => {
    const response = await fetch(`http://127.0.0.1:${port}/path?query`, {
      method: "POST",
      headers: { "x-asked": "yes" },
      body: "hällo",
    });
    assertEquals(response.status, 201);
    assertEquals(response.headers.get("x-one"), "1");
    assertEquals(await response.text(), "POST /path yes hällo");
  },
);

contract(
  "C7: refuses a body over its cap from the head, before reading it",
  async (exchange, note) => {
    const error = await exchange.body(10).catch((error) => error);
    note(error);
    exchange.send(413, {}, "too large");
  },
  async (port, noted) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.write(
      "POST /path HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n",
    );
    const error = await noted;
    assert(error instanceof GatewayError);
    assertEquals([error.status, error.code], [413, "request_too_large"]);
    socket.destroy();
    await new Promise((resolve) => socket.once("close", resolve));
  },
);

contract(
  "C7: refuses a chunked body as soon as it is over its cap",
  async (exchange, note) => {
    const error = await exchange.body(10).catch((error) => error);
    note(error);
    exchange.send(413, {}, "too large");
  },
  async (port, noted) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => {});
    socket.write(
      "POST /path HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" +
        "8\r\n12345678\r\n8\r\n12345678\r\n",
    );
    const error = await noted;
    assert(error instanceof GatewayError);
    assertEquals(error.status, 413);
    socket.destroy();
    await new Promise((resolve) => socket.once("close", resolve));
  },
);

contract(
  "C10: refuses a compressed body with 415",
  async (exchange, note) => {
    note(await exchange.body(100).catch((error) => error));
    exchange.send(415, {}, "");
  },
  async (port, noted) => {
    const response = await fetch(`http://127.0.0.1:${port}/path`, {
      method: "POST",
      headers: { "content-encoding": "gzip" },
      body: "x",
    });
    await response.text();
    const error = await noted;
    assert(error instanceof GatewayError);
    assertEquals(error.status, 415);
  },
);

contract(
  "C1: aborts its signal when the client leaves before the answer",
  (exchange, note) => {
    exchange.signal.addEventListener("abort", () => {
      note(exchange.signal.reason);
      exchange.send(499, {}, "");
    });
    return Promise.resolve();
  },
  async (port, noted) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.write("GET /path HTTP/1.1\r\nhost: x\r\n\r\n");
    setTimeout(() => socket.destroy(), 50);
    const reason = await noted;
    assert(reason instanceof GatewayError);
    assertEquals(reason.kind, "client_closed");
  },
);

contract(
  "does not abort its signal after an answer that arrived",
  async (exchange, note) => {
    await exchange.body(10);
    exchange.send(200, {}, "ok");
    setTimeout(() => note(exchange.signal.aborted), 100);
  },
  async (port, noted) => {
    const response = await fetch(`http://127.0.0.1:${port}/path`);
    await response.text();
    assertEquals(await noted, false);
  },
);

contract(
  "L10: sends every piece of a stream at once",
  (exchange, note) => {
    const stream = exchange.stream(200, {
      "content-type": "text/event-stream",
    });
    void stream.write("one");
    // The second piece is written only when the client has seen the first.
    note(() => {
      void stream.write("two");
      stream.end();
    });
    return Promise.resolve();
  },
  async (port, noted) => {
    const response = await fetch(`http://127.0.0.1:${port}/path`);
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    assertEquals(decoder.decode((await reader?.read())?.value), "one");
    (await noted as () => void)();
    assertEquals(decoder.decode((await reader?.read())?.value), "two");
    assertEquals((await reader?.read())?.done, true);
  },
);

contract(
  "L9: a stream holds its writer while the client does not read",
  async (exchange, note) => {
    const stream = exchange.stream(200, {});
    const piece = "x".repeat(64 * 1024);
    let written = 0;
    let full: Promise<void> | undefined;
    while (full === undefined && written < 64 * 1024 * 1024) {
      full = stream.write(piece);
      written += piece.length;
      // Lets the socket take what it will.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    note(written);
    await full;
    stream.end();
  },
  async (port, noted) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.pause();
    socket.write("GET /path HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert((await noted as number) < 64 * 1024 * 1024);
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
  },
);

Deno.test("NodeExchange knows of a client that left before there was one", async () => {
  const noted = Promise.withResolvers<boolean>();
  const server = createServer((incoming, outgoing) => {
    outgoing.once("close", () => {
      const { signal } = new NodeExchange(incoming, outgoing, "/path");
      noted.resolve(signal.aborted);
    });
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: "127.0.0.1", port });
  server.once("request", () => socket.destroy());
  socket.write("GET /path HTTP/1.1\r\nhost: x\r\n\r\n");
  assertEquals(await noted.promise, true);
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});
