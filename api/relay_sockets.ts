import { GatewayError, UpstreamError } from "@llm-proxy/core";
import { clearTimeout, setTimeout } from "node:timers";
import type { WebSocket } from "ws";
import { clientLeft } from "./_body.ts";

/** How much may wait for a peer that does not read, in bytes: then the other is not read either. */
const HIGH_WATER = 1024 * 1024;
/** How long both may be silent, in ms; pings count. */
const IDLE = 10 * 60_000;
/** How long a close may take before the connection is cut, in ms. */
const LINGER = 2_000;

/** What a relay of two WebSockets needs. */
export interface SocketRelayOptions {
  /** Who asked. */
  readonly client: WebSocket;
  /** Who answers. */
  readonly upstream: WebSocket;
  /** Ends both; its reason is told. */
  readonly signal: AbortSignal;
  /** Sees what the provider says. */
  readonly onAnswer?: (message: Uint8Array) => void;
  /** What the client hears before it is closed for this reason (L13). @default {nothing} */
  readonly farewell?: (error: GatewayError) => string;
  /** How long both may be silent, in milliseconds. @default {600_000} */
  readonly idle?: number;
}

/**
 * Relays messages, pings and closes between a client and a provider until both
 * have closed. Neither is read faster than the other takes it.
 *
 * @throws {GatewayError} when it did not end by a close of either: the
 * provider's connection was cut, nobody said anything, or the signal says so.
 */
export async function relaySockets(
  { client, upstream, signal, onAnswer, farewell, idle = IDLE }:
    SocketRelayOptions,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const end = (error: unknown, code: number): void => {
    ended.reject(error);
    const told = error instanceof GatewayError ? error : undefined;
    if (told && farewell && client.readyState === client.OPEN) {
      client.send(farewell(told));
    }
    close(client, code, told?.code ?? "");
    close(upstream, 1001, "");
  };
  const abort = (): void => end(signal.reason, 1001);
  const timer = setTimeout(
    () => end(idleTimeout(), 1001),
    idle,
  );
  const alive = (): void => void timer.refresh();
  link(client, upstream, { alive });
  link(upstream, client, { alive, ...(onAnswer && { onMessage: onAnswer }) });
  client.on("close", (code, reason) => {
    close(upstream, code, reason);
    if (code === NO_CLOSE) ended.reject(clientLeft());
    else ended.resolve();
  });
  upstream.on("close", (code, reason) => {
    if (code === NO_CLOSE) return end(cut(), 1011);
    close(client, code, reason);
    ended.resolve();
  });
  upstream.resume();
  // A peer that breaks the protocol, or sends too much, is closed by the library.
  client.on("error", () => {});
  upstream.on("error", () => {});
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    await ended.promise;
  } finally {
    await Promise.all([closed(client), closed(upstream)]);
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

/** The code of a connection that went without a word. */
const NO_CLOSE = 1006;

/** Hands on what one says to the other. */
function link(
  from: WebSocket,
  to: WebSocket,
  { alive, onMessage }: {
    readonly alive: () => void;
    readonly onMessage?: (message: Uint8Array) => void;
  },
): void {
  const drained = (): void => {
    if (to.bufferedAmount < HIGH_WATER && from.isPaused) from.resume();
  };
  const hold = (): void => {
    if (to.bufferedAmount >= HIGH_WATER) from.pause();
  };
  from.on("message", (data: Uint8Array, isBinary) => {
    alive();
    if (to.readyState !== to.OPEN) return;
    onMessage?.(data);
    to.send(data, { binary: isBinary }, drained);
    hold();
  });
  from.on("ping", (data) => {
    alive();
    if (to.readyState === to.OPEN) to.ping(data, undefined, drained);
    hold();
  });
  from.on("pong", (data) => {
    alive();
    if (to.readyState === to.OPEN) to.pong(data, undefined, drained);
    hold();
  });
  // One that is paused would never see how the other has gone.
  to.on("close", () => from.resume());
}

/** Closes in order; a code that stands for none is not one to be sent. */
function close(
  socket: WebSocket,
  code: number,
  reason: string | Uint8Array,
): void {
  if (socket.readyState > socket.OPEN) return;
  const told = code >= 3000 && code <= 4999 ||
    code >= 1000 && code <= 1014 && ![1004, 1005, NO_CLOSE].includes(code);
  if (told) socket.close(code, reason as string);
  else if (code === NO_CLOSE) socket.close(1001);
  else socket.close();
}

/** Waits until it is closed, and cuts it where that takes long. */
async function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return;
  const timer = setTimeout(() => socket.terminate(), LINGER);
  await new Promise((resolve) => socket.once("close", resolve));
  clearTimeout(timer);
}

function cut(): UpstreamError {
  return new UpstreamError(
    "upstream",
    "The provider's connection was cut",
    { code: "upstream_reset" },
  );
}

function idleTimeout(): GatewayError {
  return new GatewayError("client_closed", "The session was idle too long", {
    code: "idle_timeout",
  });
}
