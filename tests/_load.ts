import { Buffer } from "node:buffer";
import { Agent, request } from "node:http";

/** One request of a load, as its client saw it. */
export interface Served {
  /** 0 where there was no answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** When it was sent, on the clock of `performance.now()`. */
  readonly at: number;
  /** How long the whole of its answer took, in ms. */
  readonly ms: number;
}

/** What is asked. */
export interface LoadRequest {
  readonly model: string;
  /** @default {false} */
  readonly stream?: boolean;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default {"hi"} */
  readonly content?: string;
}

/** Clients that keep their connections, for loads of many requests. */
export class Load implements Disposable {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #url: URL;

  /** Asks the gateway at this address. */
  constructor(url: string) {
    this.#url = new URL("/v1/chat/completions", url);
  }

  /** Sends one request and reads its answer. Never rejects. */
  ask(
    { model, stream = false, headers = {}, content = "hi" }: LoadRequest,
  ): Promise<
    Served
  > {
    const body = JSON.stringify({
      model,
      stream,
      messages: [{ role: "user", content }],
    });
    return this.#send("POST", this.#url, { ...headers, body });
  }

  /** Gets a path. */
  get(path: string): Promise<Served> {
    return this.#send("GET", new URL(path, this.#url), {});
  }

  /** So many requests in a second, for so long, whatever becomes of them. */
  async open(
    make: (number: number) => LoadRequest,
    { rate, ms }: { readonly rate: number; readonly ms: number },
  ): Promise<Served[]> {
    const start = performance.now();
    const sent: Promise<Served>[] = [];
    for (let now = start; now - start < ms; now = performance.now()) {
      const due = Math.min(rate * ms, (now - start) * rate) / 1_000;
      while (sent.length <= due) sent.push(this.ask(make(sent.length)));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return await Promise.all(sent);
  }

  /** So many clients, each of which asks again when it has its answer, until told to stop. */
  async closed(
    make: (number: number) => LoadRequest,
    { clients, until }: {
      readonly clients: number;
      readonly until: (done: readonly Served[]) => boolean;
    },
  ): Promise<Served[]> {
    const done: Served[] = [];
    let number = 0;
    await Promise.all(Array.from({ length: clients }, async () => {
      while (!until(done)) done.push(await this.ask(make(number++)));
    }));
    return done;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    url: URL,
    { body = "", ...headers }: Readonly<Record<string, string>>,
  ): Promise<Served> {
    const at = performance.now();
    return new Promise((resolve) => {
      const fail = (): void =>
        resolve({
          status: 0,
          headers: {},
          body: "",
          at,
          ms: performance.now() - at,
        });
      const sent = request(url, {
        method,
        agent: this.#agent,
        headers: {
          ...headers,
          ...(body !== "" && { "content-type": "application/json" }),
          "content-length": String(Buffer.byteLength(body)),
        },
      }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => text += piece);
        response.on("error", fail);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers as Served["headers"],
            body: text,
            at,
            ms: performance.now() - at,
          }));
      });
      sent.on("error", fail);
      sent.end(body);
    });
  }
}
