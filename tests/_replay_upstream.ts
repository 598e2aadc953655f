import { Buffer } from "node:buffer";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { takeRequest } from "./_take_request.ts";

/** How the end of a body is told. */
export type Framing = "length" | "chunked" | "close";

const CODERS = {
  gzip: gzipSync,
  br: brotliCompressSync,
  deflate: deflateSync,
} as const;

/** What the upstream answers to the next request, whatever it asks. */
export interface Script {
  readonly status?: number;
  readonly contentType: string;
  readonly body: string;
  /** @default {"chunked"} */
  readonly framing?: Framing;
  /** Write byte by byte instead of in one piece. */
  readonly bytewise?: boolean;
  /** End the connection after so many characters of the body. */
  readonly cutAt?: number;
  /** How the body is coded. @default {not at all} */
  readonly coding?: keyof typeof CODERS;
  /** Names of headers in capitals. */
  readonly isLoud?: boolean;
  /** End a cut chunked body with its terminator, as if it were whole. */
  readonly cleanEnd?: boolean;
}

/** An upstream on a raw socket that serves scripts by their name in the path. */
export interface ReplayUpstream {
  readonly origin: string;
  /** Requests as they came, by script name; the last one of each. */
  readonly requests: Map<
    string,
    { readonly head: string; readonly body: string }
  >;
  /** Serves the script at `{origin}/{name}/…` from now on. */
  serve(name: string, script: Script): void;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export async function startReplayUpstream(): Promise<ReplayUpstream> {
  const scripts = new Map<string, Script>();
  const requests: ReplayUpstream["requests"] = new Map();
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk as Uint8Array]);
      const request = takeRequest(received);
      if (request === undefined) return;
      received = request.rest;
      const name = /^\w+ \/([^/]+)\//.exec(request.head)?.[1] ?? "";
      requests.set(name, { head: request.head, body: request.body });
      const script = scripts.get(name);
      if (script === undefined) {
        socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
      } else void answer(socket, script);
    });
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    serve: (name, script) => void scripts.set(name, script),
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

async function answer(socket: Socket, script: Script): Promise<void> {
  const { status = 200, contentType, body, cutAt, coding } = script;
  const framing = script.framing ?? "chunked";
  const plain = Buffer.from(body);
  const whole = coding === undefined ? plain : CODERS[coding](plain);
  const sent = cutAt === undefined ? whole : Buffer.from(body.slice(0, cutAt));
  const header = (name: string, value: unknown): string =>
    `${script.isLoud ? name.toUpperCase() : name}: ${value}\r\n`;
  let head = `HTTP/1.1 ${status} Replayed\r\n`;
  head += header("content-type", contentType);
  if (coding !== undefined) head += header("content-encoding", coding);
  if (framing === "length") head += header("content-length", whole.length);
  if (framing === "chunked") head += header("transfer-encoding", "chunked");
  if (framing === "close") head += header("connection", "close");
  const frame = (bytes: Uint8Array): Uint8Array =>
    framing !== "chunked" ? bytes : Buffer.concat([
      Buffer.from(`${bytes.length.toString(16)}\r\n`),
      bytes,
      Buffer.from("\r\n"),
    ]);
  const pieces = script.bytewise
    ? Array.from(sent, (_, i) => frame(sent.subarray(i, i + 1)))
    : sent.length > 0
    ? [frame(sent)]
    : [];
  await write(socket, Buffer.from(`${head}\r\n`));
  for (const piece of pieces) await write(socket, piece);
  const complete = cutAt === undefined || script.cleanEnd === true;
  if (framing === "chunked" && complete) {
    await write(socket, Buffer.from("0\r\n\r\n"));
  } else if (framing === "close" || !complete) socket.end();
}

function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    socket.write(bytes, () => resolve());
  });
}
