import { SortedRows } from "./_sorted_rows.ts";
import { pause } from "../logging/_test_wait.ts";
import {
  bytesIn,
  type Fields,
  messages,
  numberIn,
  readMessage,
  writeMessage,
} from "./_test_protobuf.ts";

interface Row {
  readonly value: Uint8Array<ArrayBuffer>;
  readonly encoding: number;
  readonly version: Uint8Array<ArrayBuffer>;
}

/**
 * What the server does with calls: serve them, serve them late, answer 500, know
 * no token any more, never answer, or write and never answer.
 */
export type ServerMood =
  | "serve"
  | "slow"
  | "fail"
  | "refuse"
  | "hang"
  | "forget";

/** How late a slow server is, in ms. */
const LATE_MS = 200;

/** What the real server allows. */
const MAX_CHECKS = 10;
const MAX_MUTATIONS = 1_000;
const MAX_BYTES = 819_200;
const MAX_KEY = 2_048;
const MAX_VALUE = 65_536;
const LE64 = 2;

/**
 * A server of KV Connect (protocol version 3), as small as Deno's client and
 * this package allow, with the limits of the real one.
 */
export class KvConnectServer {
  /** What clients have to present. */
  readonly token = crypto.randomUUID();
  /** What it does with calls. */
  mood: ServerMood = "serve";
  /** How many commits it made. */
  commits = 0;
  /** How long what it tells of itself is good for, in ms; then its token is not. */
  lifeMs = 3_600_000;
  /** How often it told of itself. */
  exchanges = 0;
  readonly #rows = new SortedRows<Row>();
  /** When each token for calls ends. */
  readonly #sessions = new Map<string, number>();
  readonly #database = crypto.randomUUID();
  readonly #hanging = new Set<() => void>();
  #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(port = 0) {
    this.#server = this.#listen(port);
  }

  /** Where it listens. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Stops listening, and cuts what is open. */
  async close(): Promise<void> {
    for (const end of this.#hanging) end();
    await this.#server.shutdown();
  }

  /** Listens again where it did before. */
  reopen(): void {
    this.#server = this.#listen(this.#server.addr.port);
  }

  #listen(port: number): Deno.HttpServer<Deno.NetAddr> {
    return Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {} },
      (request) => this.#serve(request),
    );
  }

  async #serve(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    if (this.mood === "hang") return await this.#hang();
    if (this.mood === "fail") return new Response("Not now", { status: 500 });
    if (this.mood === "slow") await pause(LATE_MS);
    const [, token = ""] = request.headers.get("authorization")?.split(" ") ??
      [];
    const isKnown = pathname === "/"
      ? token === this.token
      : Date.now() < (this.#sessions.get(token) ?? 0);
    if (!isKnown || this.mood === "refuse") {
      return new Response("Wrong token", { status: 401 });
    }
    if (pathname === "/") return this.#metadata();
    if (request.headers.get("x-denokv-database-id") !== this.#database) {
      return new Response("Wrong database", { status: 400 });
    }
    if (pathname === "/data/snapshot_read") {
      return this.#read(readMessage(body));
    }
    const response = this.#write(readMessage(body));
    return this.mood === "forget" ? await this.#hang() : response;
  }

  #hang(): Promise<Response> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#hanging.delete(end);
        resolve(new Response("Too late", { status: 400 }));
      };
      this.#hanging.add(end);
    });
  }

  #metadata(): Response {
    this.exchanges++;
    const token = crypto.randomUUID();
    const end = Date.now() + this.lifeMs;
    this.#sessions.set(token, end);
    return Response.json({
      version: 3,
      databaseId: this.#database,
      endpoints: [{ url: "/data", consistency: "strong" }],
      token,
      expiresAt: new Date(end).toISOString(),
    });
  }

  #read(request: Fields): Response {
    const ranges = messages(request, 1).map((range) => {
      const [start, end] = [text(bytesIn(range, 1)), text(bytesIn(range, 2))];
      const found: Uint8Array[] = [];
      for (const [key, row] of this.#rows.from(start)) {
        if (key >= end || found.length === numberIn(range, 3)) break;
        found.push(writeMessage([
          [1, bytes(key)],
          [2, row.value],
          [3, row.encoding],
          [4, row.version],
        ]));
      }
      return writeMessage(found.map((entry) => [1, entry] as const));
    });
    const read = ranges.map((range) => [1, range] as const);
    return answer(writeMessage([...read, [4, 1], [8, 1]]));
  }

  #write(request: Fields): Response {
    const [checks, mutations] = [messages(request, 1), messages(request, 2)];
    const fault = faultOf(checks, mutations);
    if (fault) return new Response(fault, { status: 400 });
    const holds = checks.every((check) => {
      const row = this.#rows.get(text(bytesIn(check, 1)));
      const version = row ? text(row.version) : "";
      return version === text(bytesIn(check, 2));
    });
    if (!holds) return answer(writeMessage([[1, 2]]));
    const version = new Uint8Array(10);
    new DataView(version.buffer).setBigUint64(0, BigInt(++this.commits));
    for (const mutation of mutations) this.#mutate(mutation, version);
    return answer(writeMessage([[1, 1], [2, version]]));
  }

  #mutate(mutation: Fields, version: Uint8Array<ArrayBuffer>): void {
    const key = text(bytesIn(mutation, 1));
    const [given = new Map()] = messages(mutation, 2);
    const [value, encoding] = [bytesIn(given, 1), numberIn(given, 2)];
    switch (numberIn(mutation, 3)) {
      case 1:
        return this.#rows.set(key, { value, encoding, version });
      case 2:
        return this.#rows.delete(key);
      case 3: {
        const sum = new DataView(value.buffer, value.byteOffset);
        const before = this.#rows.get(key)?.value ?? new Uint8Array(8);
        const added = sum.getBigUint64(0, true) +
          new DataView(before.buffer).getBigUint64(0, true);
        const total = new Uint8Array(8);
        new DataView(total.buffer).setBigUint64(0, added, true);
        return this.#rows.set(key, { value: total, encoding: LE64, version });
      }
    }
  }
}

function faultOf(checks: Fields[], mutations: Fields[]): string | undefined {
  if (checks.length > MAX_CHECKS) return "Too many checks";
  if (mutations.length > MAX_MUTATIONS) return "Too many mutations";
  let size = 0;
  for (const part of [...checks, ...mutations]) {
    const key = bytesIn(part, 1).length;
    if (key > MAX_KEY) return "Key too large";
    size += key;
  }
  for (const mutation of mutations) {
    const [value] = messages(mutation, 2);
    const { length } = value ? bytesIn(value, 1) : [];
    if (length > MAX_VALUE) return "Value too large";
    size += length;
  }
  return size > MAX_BYTES ? "Commit too large" : undefined;
}

function answer(body: Uint8Array<ArrayBuffer>): Response {
  const headers = { "content-type": "application/x-protobuf" };
  return new Response(body, { headers });
}

function text(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (byte) => byte.charCodeAt(0));
}
