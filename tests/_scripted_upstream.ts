/**
 * An upstream on a raw socket that does to each request what a script says,
 * and notes when the gateway left it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Framing } from "./_replay_upstream.ts";
import { takeRequest } from "./_take_request.ts";

/** What is done to a request. Ends when there is nothing more to do. */
export type UpstreamScript = (call: UpstreamCall) => Promise<void> | void;

/** A head to answer with. */
export interface AnswerHead {
  /** @default {200} */
  readonly status?: number;
  /** @default {"text/event-stream"} */
  readonly type?: string;
  /** How the end of the body is told. @default {"chunked"} */
  readonly framing?: Framing;
  /** The length to promise, for framing `length`. */
  readonly length?: number;
}

/** One request that came, and the means to answer it. */
export class UpstreamCall {
  /** The model that the request names; it chose the script. */
  readonly model: string;
  /** The request line and headers. */
  readonly head: string;
  readonly body: string;
  /** When it came, on the clock of `performance.now()`. */
  readonly at: number = performance.now();
  /** When the gateway was seen to leave: its FIN or its reset. */
  readonly left: Promise<number>;
  /** Resolves when the script has ended. */
  readonly over: Promise<void>;
  /** How many bytes of the answer the operating system has taken. */
  accepted = 0;
  readonly #socket: Socket;
  #framing: Framing = "chunked";

  constructor(
    socket: Socket,
    { head, body, left, scripts }: {
      readonly head: string;
      readonly body: string;
      readonly left: Promise<number>;
      readonly scripts: ReadonlyMap<string, UpstreamScript>;
    },
  ) {
    this.#socket = socket;
    this.head = head;
    this.body = body;
    this.left = left;
    this.model = modelOf(body);
    const script = scripts.get(this.model) ?? notFound;
    this.over = Promise.resolve(script(this));
  }

  /** Whether the gateway, or the script, has closed the connection. */
  get gone(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded;
  }

  /** Begins an answer. */
  answer(head: AnswerHead = {}): Promise<void> {
    const { status = 200, type = "text/event-stream" } = head;
    this.#framing = head.framing ?? "chunked";
    const framing = {
      chunked: "transfer-encoding: chunked\r\n",
      length: `content-length: ${head.length ?? 0}\r\n`,
      close: "connection: close\r\n",
    }[this.#framing];
    return this.raw(
      `HTTP/1.1 ${status} Scripted\r\ncontent-type: ${type}\r\n${framing}\r\n`,
    );
  }

  /** Writes a piece of the body; resolves when the operating system has it. */
  write(piece: string | Uint8Array): Promise<void> {
    const bytes = Buffer.from(piece);
    if (this.#framing !== "chunked") return this.raw(bytes);
    if (bytes.length === 0) return Promise.resolve();
    return this.raw(Buffer.concat([
      Buffer.from(`${bytes.length.toString(16)}\r\n`),
      bytes,
      Buffer.from("\r\n"),
    ]));
  }

  /** Writes bytes as they are. */
  raw(piece: string | Uint8Array): Promise<void> {
    const bytes = Buffer.from(piece);
    const socket = this.#socket;
    return new Promise((resolve) => {
      if (socket.destroyed) return resolve();
      socket.once("close", resolve);
      socket.write(bytes, (error) => {
        socket.off("close", resolve);
        if (!error) this.accepted += bytes.length;
        resolve();
      });
    });
  }

  /** Answers whole. */
  async whole(body: string, head: AnswerHead = {}): Promise<void> {
    const length = Buffer.byteLength(body);
    await this.answer({
      type: "application/json",
      ...head,
      framing: "length",
      length,
    });
    await this.write(body);
  }

  /** Waits; ends early when the gateway has left. */
  async wait(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const waited = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([waited, this.left]);
    clearTimeout(timer);
  }

  /** Does nothing until the gateway has left. */
  async silence(): Promise<void> {
    await this.left;
  }

  /** Writes the piece again and again until the gateway has left. */
  async repeat(piece: string, everyMs: number): Promise<void> {
    while (!this.gone) {
      await this.write(piece);
      await this.wait(everyMs);
    }
  }

  /** Ends the body well. */
  async end(): Promise<void> {
    if (this.#framing === "chunked") await this.raw("0\r\n\r\n");
    if (this.#framing === "close") this.#socket.end();
  }

  /** Ends the connection in order, wherever the body is. */
  cut(): void {
    this.#socket.end();
  }

  /** Ends the connection with a reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }
}

/** See {@linkcode startScriptedUpstream}. */
export interface ScriptedUpstream {
  /** For example `http://127.0.0.1:49152`. */
  readonly origin: string;
  /** Every request so far. */
  readonly calls: readonly UpstreamCall[];
  /** How many connections are open. */
  readonly open: number;
  /** Requests for this model are answered by this script from now on. */
  on(model: string, script: UpstreamScript): void;
  /** The newest request for a model, as soon as there is one. */
  call(model: string): Promise<UpstreamCall>;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const scripts = new Map<string, UpstreamScript>();
  const calls: UpstreamCall[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const left = new Promise<number>((resolve) => {
      const note = (): void => resolve(performance.now());
      socket.on("end", note).on("error", note).on("close", note);
    });
    socket.on("close", () => sockets.delete(socket));
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk as Uint8Array]);
      for (let request; (request = takeRequest(received));) {
        received = request.rest;
        const { head, body } = request;
        calls.push(new UpstreamCall(socket, { head, body, left, scripts }));
      }
    });
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    calls,
    get open() {
      return sockets.size;
    },
    on: (model, script) => void scripts.set(model, script),
    async call(model) {
      for (let tries = 0; tries < 500; tries++) {
        const found = calls.findLast((call) => call.model === model);
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error(`No request for ${model} came`);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all(calls.map(({ over }) => over));
    },
  };
}

function notFound(call: UpstreamCall): Promise<void> {
  return call.whole(`{"error":{"message":"No script for ${call.model}"}}`, {
    status: 404,
  });
}

function modelOf(body: string): string {
  try {
    return String(JSON.parse(body).model);
  } catch {
    return "";
  }
}
