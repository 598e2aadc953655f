import { Buffer } from "node:buffer";

/** One request as it came; its body has a `content-length`. */
export interface ReadRequest {
  readonly method: string;
  readonly path: string;
  /** Lower-case names; repeated ones joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
  /** The request line and the headers. */
  readonly head: string;
  readonly body: string;
  /** All its bytes. */
  readonly size: number;
}

/** Takes whole requests off the bytes of one connection. */
export class RequestReader {
  #unread: Buffer<ArrayBuffer> = Buffer.alloc(0);

  /** The requests that these bytes complete. */
  *read(bytes: Uint8Array): Generator<ReadRequest> {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    for (let request; (request = this.#take());) yield request;
  }

  #take(): ReadRequest | undefined {
    const end = this.#unread.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const head = this.#unread.toString("latin1", 0, end);
    const [line = "", ...fields] = head.split("\r\n");
    const headers = readHeaders(fields);
    const start = end + 4;
    const size = start + Number(headers.get("content-length") ?? 0);
    if (this.#unread.length < size) return undefined;
    const body = this.#unread.toString("utf8", start, size);
    this.#unread = this.#unread.subarray(size);
    const [method = "", path = ""] = line.split(" ");
    return { method, path, headers, head, body, size };
  }
}

function readHeaders(fields: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const field of fields) {
    const colon = field.indexOf(":");
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    const known = headers.get(name);
    headers.set(name, known === undefined ? value : `${known}, ${value}`);
  }
  return headers;
}
