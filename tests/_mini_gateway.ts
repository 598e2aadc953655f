/**
 * The parts that a stream runs through, put together by hand where a test must
 * set what no config can.
 *
 * @module
 */

import {
  Attempt,
  type AttemptLimits,
  type GatewayError,
  LossReport,
  parseJsonDocument,
  type Provider,
  ProviderFactory,
} from "@llm-proxy/core";
import { openAiChatClient, translateChat } from "@llm-proxy/core/dialects";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Exchange } from "../api/exchange.ts";
import { NodeExchange } from "../api/node_exchange.ts";
import { relayStream } from "../api/relay_stream.ts";
import { WebExchange } from "../api/web_exchange.ts";

/** What can be set. */
export interface MiniGatewayOptions {
  /** The provider's address. */
  readonly origin: string;
  readonly limits?: Partial<AttemptLimits>;
  readonly keepAlive?: number;
  /** What it listens with. */
  readonly listener: "node" | "web";
}

/** It answers nothing but streamed chat completions. */
export interface MiniGateway {
  readonly url: string;
  /** How the requests ended, in that order. */
  readonly ends: readonly (GatewayError | undefined)[];
  /** How many connections of clients are open, as far as that is known. */
  open(): number;
  close(): Promise<void>;
}

/** Listens on a free port. */
export async function startMiniGateway(
  options: MiniGatewayOptions,
): Promise<MiniGateway> {
  const factory = new ProviderFactory();
  const provider = factory.create({
    name: "oa",
    type: "openai_compatible",
    baseUrl: options.origin,
    ...(options.limits && { limits: options.limits }),
  });
  const ends: (GatewayError | undefined)[] = [];
  const serve = async (exchange: Exchange): Promise<void> => {
    try {
      await relay(exchange, provider, options);
      ends.push(undefined);
    } catch (error) {
      ends.push(error as GatewayError);
    }
  };
  const server = options.listener === "node"
    ? await onNode(serve)
    : onDenoServe(serve);
  return {
    ...server,
    ends,
    async close() {
      await server.close();
      factory.close();
    },
  };
}

async function relay(
  exchange: Exchange,
  provider: Provider,
  { keepAlive }: MiniGatewayOptions,
): Promise<void> {
  const document = parseJsonDocument(await exchange.body(1024 * 1024));
  const translation = translateChat(document, {
    deployment: { provider, model: String(document.value.model) },
    stream: true,
    includeUsage: false,
    losses: new LossReport(),
  });
  const { signal } = exchange;
  const attempt = new Attempt(provider, { signal, stream: true });
  try {
    const response = await attempt.send(translation.request);
    await relayStream(response, {
      translator: translation.stream(),
      framing: translation.framing,
      clock: attempt.clock,
      open: () => exchange.stream(200, { "content-type": "text/event-stream" }),
      stray: (body) => translation.error(200, {}, body),
      failure: (error) => openAiChatClient.encodeStreamError(error, "req_1"),
      ...(keepAlive !== undefined && { keepAlive }),
    });
  } finally {
    attempt.stop();
  }
}

type Serve = (exchange: Exchange) => Promise<void>;
type Server = Pick<MiniGateway, "url" | "open" | "close">;

async function onNode(serve: Serve): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    void serve(new NodeExchange(incoming, outgoing, "/"));
  });
  let open = 0;
  server.on("connection", (socket: Socket) => {
    open++;
    socket.once("close", () => open--);
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    open: () => open,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function onDenoServe(serve: Serve): Server {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const exchange = new WebExchange(request, "/");
      void serve(exchange);
      return exchange.response;
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    open: () => NaN,
    close: () => server.shutdown(),
  };
}
