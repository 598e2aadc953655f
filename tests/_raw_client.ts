/**
 * A client on a raw socket, for what no HTTP library would send, and for
 * seeing when each byte comes.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** One answer, read off a connection. */
export interface RawAnswer {
  readonly status: number;
  /** Lower-case names; of repeated ones the last. */
  readonly headers: ReadonlyMap<string, string>;
  /** Without its framing. */
  readonly body: string;
  /** Whether the body came to its end. */
  readonly complete: boolean;
}

/** What is sent besides a body. */
export interface RawPost {
  /** @default {"/v1/chat/completions"} */
  readonly path?: string;
  /** Further header lines, each with its CRLF. */
  readonly headers?: string;
}

/** A POST request as text. */
export function post(body: unknown, options: RawPost = {}): string {
  const { path = "/v1/chat/completions", headers = "" } = options;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
    `${headers}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

/** A chat request for a model. */
export function ask(
  model: string,
  { stream = true, ...more }:
    & { readonly stream?: boolean }
    & Record<string, unknown> = {},
): string {
  const messages = [{ role: "user", content: "hi" }];
  return post({ model, stream, messages, ...more });
}

/** One connection to a gateway. */
export class RawClient {
  /** What came, and when, on the clock of `performance.now()`. */
  readonly arrivals: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  /** When the connection was seen to be closed by the other side, or by this. */
  readonly closed: Promise<number>;
  /** Whether it was closed by a reset. */
  wasReset = false;
  readonly #socket: Socket;
  #changed = Promise.withResolvers<void>();
  #ended = false;
  #size = 0;

  /** Use {@linkcode RawClient.connect}. */
  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Uint8Array) => {
      this.arrivals.push({ at: performance.now(), bytes });
      this.#size += bytes.length;
      this.#change();
    });
    this.closed = new Promise((resolve) => {
      const done = (): void => {
        this.#ended = true;
        this.#change();
        resolve(performance.now());
      };
      socket.on("end", done).on("close", done);
      socket.on("error", () => {
        this.wasReset = true;
        done();
      });
    });
  }

  /** Connects to the host and port of an address. */
  static connect(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect(
        { host: hostname, port: Number(port), noDelay: true },
        () => {
          socket.off("error", reject);
          resolve(new RawClient(socket));
        },
      );
      socket.once("error", reject);
    });
  }

  /** Connects, sends, and reads until the other side closes or `answers` answers are in. */
  static async exchange(
    url: string,
    text: string | Uint8Array,
    { answers = Infinity, ms }: {
      readonly answers?: number;
      readonly ms?: number;
    } = {},
  ): Promise<RawAnswer[]> {
    const client = await RawClient.connect(url);
    try {
      void client.send(text);
      return await client.answers(answers, ms);
    } finally {
      client.leave();
    }
  }

  /** Sends bytes as they are; resolves when the operating system has them. */
  send(text: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve();
      this.#socket.once("close", resolve);
      this.#socket.write(text, () => {
        this.#socket.off("close", resolve);
        resolve();
      });
    });
  }

  /** Everything that came. */
  get text(): string {
    return this.#received().toString();
  }

  #received(): Buffer<ArrayBuffer> {
    return Buffer.concat(this.arrivals.map(({ bytes }) => bytes));
  }

  /** Whether the other side has closed. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Waits until a text has come; fails when the connection ends before. */
  async until(text: string, ms = 60_000): Promise<void> {
    await this.#until(() => this.text.includes(text), ms, text);
    if (this.text.includes(text)) return;
    throw new Error(`Closed before '${text}': ${this.text}`);
  }

  /** Waits for a number of whole answers, or for the end of the connection. */
  async answers(count = 1, ms = 60_000): Promise<RawAnswer[]> {
    const full = (): boolean => {
      const answers = readAnswers(this.#received(), this.#ended);
      return answers.filter(({ complete }) => complete).length >= count;
    };
    await this.#until(full, ms, `${count} answers`);
    return readAnswers(this.#received(), this.#ended);
  }

  async #until(test: () => boolean, ms: number, what: string): Promise<void> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#change();
    }, ms);
    while (!this.#ended && !late && !test()) {
      await this.#changed.promise;
      // Looking at much of it for each piece would take longer than the piece.
      if (this.#size > 1_000_000) {
        await new Promise((resolve) => setTimeout(resolve, this.#size / 1e6));
      }
    }
    clearTimeout(timer);
    if (!late) return;
    const end = this.text.slice(-2_000);
    throw new Error(`No '${what}' in ${ms} ms, only: ${end}`);
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Stops reading. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Closes this side only. */
  halfClose(): void {
    this.#socket.end();
  }

  /** Closes the connection. */
  leave(): void {
    this.#socket.destroy();
  }

  /** Closes the connection with a reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }
}

/** The answers in what came, interim ones (1xx) left out. */
function readAnswers(
  received: Buffer<ArrayBuffer>,
  ended: boolean,
): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = received;
  while (rest.length > 0) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) break;
    const [line = "", ...fields] = rest.toString("utf8", 0, end).split("\r\n");
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1]);
    const headers = new Map(fields.map((field) => {
      const colon = field.indexOf(":");
      return [
        field.slice(0, colon).toLowerCase(),
        field.slice(colon + 1).trim(),
      ];
    }));
    rest = rest.subarray(end + 4);
    if (status < 200) continue;
    const body = takeBody(rest, headers, ended);
    answers.push({ status, headers, body: body.text, complete: body.complete });
    rest = body.rest;
  }
  return answers;
}

interface Body {
  readonly text: string;
  readonly complete: boolean;
  readonly rest: Buffer<ArrayBuffer>;
}

function takeBody(
  bytes: Buffer<ArrayBuffer>,
  headers: ReadonlyMap<string, string>,
  ended: boolean,
): Body {
  const nothing = Buffer.alloc(0);
  if (headers.get("transfer-encoding") === "chunked") return takeChunks(bytes);
  const length = headers.get("content-length");
  if (length === undefined) {
    return { text: bytes.toString(), complete: ended, rest: nothing };
  }
  const size = Number(length);
  return {
    text: bytes.toString("utf8", 0, size),
    complete: bytes.length >= size,
    rest: bytes.subarray(Math.min(size, bytes.length)),
  };
}

function takeChunks(bytes: Buffer<ArrayBuffer>): Body {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = lineEnd < 0
      ? NaN
      : Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const start = lineEnd + 2;
    const complete = size === 0 && bytes.length >= start + 2;
    if (complete || Number.isNaN(size) || bytes.length < start + size + 2) {
      return {
        text: Buffer.concat(chunks).toString(),
        complete,
        rest: complete ? bytes.subarray(start + 2) : bytes.subarray(at, at),
      };
    }
    chunks.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}
