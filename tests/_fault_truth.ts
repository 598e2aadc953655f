import type { ReadRequest } from "./_request_reader.ts";
import type { UpstreamCall } from "./_scripted_upstream.ts";

const CREDENTIALS = [
  "authorization",
  "proxy-authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "cookie",
] as const;

/** One connection, as the upstream saw it. */
export interface ConnectionTruth {
  /** Counts from 1. */
  readonly number: number;
  /** When it came, on the clock of `performance.now()`. */
  readonly at: number;
  /** How many bytes came, after TLS was taken off where there is any. */
  bytesIn: number;
  /** The first of them, as Latin-1. */
  firstBytes: string;
  /** When the other side was seen to close, or this side had. */
  closedAt: number | undefined;
}

/** One request, as the upstream saw it: what really happened, whatever a gateway reports. */
export class RequestTruth {
  /** Counts from 1, in the order of arrival. */
  readonly number: number;
  /** The number of the connection that carried it. */
  readonly connection: number;
  readonly method: string;
  readonly path: string;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  /** How many bytes it had. */
  readonly bytesIn: number;
  /** By what name its script was found: of a header, of its model, its turn, or the usual one. */
  readonly script: string;
  /** When the script had nothing more to do. */
  endedAt: number | undefined;
  /** When the gateway was seen to leave: its FIN or its reset. */
  leftAt: number | undefined;
  readonly #call: UpstreamCall;

  constructor(
    call: UpstreamCall,
    { number, connection, request, script }: {
      readonly number: number;
      readonly connection: number;
      readonly request: ReadRequest;
      readonly script: string;
    },
  ) {
    this.#call = call;
    this.number = number;
    this.connection = connection;
    this.script = script;
    const { method, path, headers, size } = request;
    this.method = method;
    this.path = path;
    this.headers = headers;
    this.bytesIn = size;
    void call.left.then((at) => this.leftAt = at);
  }

  /** The id that the gateway gave the request, where it sends one. */
  get id(): string | undefined {
    return this.headers.get("x-request-id");
  }

  /** When it came, on the clock of `performance.now()`. */
  get at(): number {
    return this.#call.at;
  }

  get model(): string {
    return this.#call.model;
  }

  get body(): string {
    return this.#call.body;
  }

  /** How many bytes of the answer the operating system has taken. */
  get bytesOut(): number {
    return this.#call.accepted;
  }

  /** Every credential that it carried, as `name: value`. */
  get credentials(): string[] {
    return CREDENTIALS.flatMap((name) => {
      const value = this.headers.get(name);
      return value === undefined ? [] : [`${name}: ${value}`];
    });
  }
}

/** How many requests are under way, and how many were at most. */
export class Gauge {
  now = 0;
  max = 0;

  enter(): void {
    this.now++;
    this.max = Math.max(this.max, this.now);
  }

  leave(): void {
    this.now--;
  }

  /** Measures the maximum anew. */
  reset(): void {
    this.max = this.now;
  }
}
