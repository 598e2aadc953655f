import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { WorkerGroup } from "./gateway_controls.ts";

/** What the workers of a service reach each other by. */
export interface PeerPlace {
  /** What the names of their sockets begin with. */
  readonly path: string;
  /** What tells a worker from anybody else on the machine. */
  readonly secret: string;
}

/** Which worker this is. */
export interface WorkerPeersOptions extends PeerPlace {
  readonly number: number;
  readonly of: number;
}

/** How long a worker waits for another, in ms. */
const PATIENCE = 1_000;
/** How long it rests where none can be taken, in ms. */
const PAUSE = 100;
/** How many may ask at once. */
const MAX_ASKING = 32;
const MAX_QUESTION = 16_384;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The workers of a service, as one of them reaches the others: by a socket each,
 * over which one question comes and one answer goes, its length before it.
 */
export class WorkerPeers implements WorkerGroup {
  readonly number: number;
  readonly #options: WorkerPeersOptions;
  readonly #listener: Deno.UnixListener | undefined;
  #answer: (question: string) => string = () => "";
  #asking = 0;
  #isClosed = false;

  /** Opens its own socket; where it may not, the others do without it. */
  constructor(options: WorkerPeersOptions) {
    this.number = options.number;
    this.#options = options;
    this.#listener = bind(pathOf(options, options.number));
    if (this.#listener !== undefined) void this.#serve(this.#listener);
  }

  answerBy(answer: (question: string) => string): void {
    this.#answer = answer;
  }

  async ask(question: string): Promise<string[]> {
    const { of, number } = this.#options;
    const others = Array.from({ length: of }, (_, index) => index + 1)
      .filter((other) => other !== number);
    const answers = await Promise.all(
      others.map((other) => this.#askOne(other, question)),
    );
    return answers.filter((answer) => answer !== undefined);
  }

  /** Closes its own socket. */
  close(): void {
    this.#isClosed = true;
    this.#listener?.close();
    remove(pathOf(this.#options, this.number));
  }

  async #askOne(
    number: number,
    question: string,
  ): Promise<string | undefined> {
    try {
      const path = pathOf(this.#options, number);
      using held = new Held(await connect(path));
      await held.write(encoder.encode(`${this.#options.secret}${question}\n`));
      const text = decoder.decode(await held.readAll());
      const [length = "", answer = ""] = split(text);
      // What is cut off is as good as none.
      return Number(length) === answer.length ? answer : undefined;
    } catch {
      // It has just died, or hangs.
      return undefined;
    }
  }

  async #serve(listener: Deno.UnixListener): Promise<void> {
    while (!this.#isClosed) {
      try {
        this.#take(await listener.accept());
      } catch {
        // No file is left to open, for a moment; or this end is closed.
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  }

  #take(conn: Deno.Conn): void {
    if (this.#asking >= MAX_ASKING) return conn.close();
    this.#asking++;
    this.#tell(conn)
      .catch(() => {
        // Who asked has gone.
      })
      .finally(() => this.#asking--);
  }

  async #tell(conn: Deno.Conn): Promise<void> {
    using held = new Held(conn);
    const asked = await held.readLine(MAX_QUESTION);
    const secret = encoder.encode(this.#options.secret);
    const given = asked.subarray(0, secret.length);
    if (given.length !== secret.length) return;
    if (!timingSafeEqual(Buffer.from(given), Buffer.from(secret))) return;
    const answer = this.#answer(decoder.decode(asked.subarray(secret.length)));
    await held.write(encoder.encode(`${answer.length}\n${answer}`));
  }
}

/** A connection that is closed after a while, whatever happens. */
class Held {
  readonly #conn: Deno.Conn;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
    this.#timer = setTimeout(() => this.#close(), PATIENCE);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(bytes.subarray(at));
    }
  }

  async readAll(): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = new Uint8Array(65_536);
      const count = await this.#conn.read(piece);
      if (count === null) return Buffer.concat(pieces);
      pieces.push(piece.subarray(0, count));
    }
  }

  /** A line without its end, or as much of it as is allowed. */
  async readLine(max: number): Promise<Uint8Array> {
    const line = new Uint8Array(max);
    let length = 0;
    while (length < max) {
      const count = await this.#conn.read(line.subarray(length));
      if (count === null) break;
      const end = line.subarray(0, length += count).indexOf(10);
      if (end >= 0) return line.subarray(0, end);
    }
    return line.subarray(0, length);
  }

  #close(): void {
    try {
      this.#conn.close();
    } catch {
      // It is closed.
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#close();
  }
}

/** Connects within a while: a process that stands still may have its queue full. */
async function connect(path: string): Promise<Deno.Conn> {
  const connecting = Deno.connect({ transport: "unix", path });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE);
  });
  const conn = await Promise.race([connecting, late])
    .finally(() => clearTimeout(timer));
  if (conn !== undefined) return conn;
  connecting.then((it) => it.close(), () => {});
  throw new Error("It takes no connection");
}

function split(text: string): readonly [string, string] | readonly [] {
  const end = text.indexOf("\n");
  return end < 0 ? [] : [text.slice(0, end), text.slice(end + 1)];
}

function pathOf({ path }: PeerPlace, number: number): string {
  return `${path}${number}`;
}

function bind(path: string): Deno.UnixListener | undefined {
  remove(path);
  try {
    return Deno.listen({ transport: "unix", path });
  } catch {
    // No permission for it.
    return undefined;
  }
}

/** What a process left that was killed; a name of the abstract kind is no file. */
function remove(path: string): void {
  if (path.startsWith("\0")) return;
  try {
    Deno.removeSync(path);
  } catch {
    // Nothing is there.
  }
}
