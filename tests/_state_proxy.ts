/**
 * What goes wrong on the way to a database: nothing, connections are refused,
 * nothing is answered any more, every answer takes two seconds, or every second
 * call is cut.
 */
export type StateFault = "none" | "refused" | "hole" | "slow" | "flaky";

const SLOW_MS = 2_000;

/** A way to a database on 127.0.0.1 that fails as it is told. */
export class StateProxy implements AsyncDisposable {
  /** How often something was sent to the database. */
  calls = 0;
  readonly #to: number;
  readonly #port: number;
  #listener: Deno.TcpListener | undefined;
  #fault: StateFault = "none";
  readonly #work = new Set<Promise<void>>();
  readonly #open = new Set<Deno.TcpConn>();
  readonly #timers = new Set<() => void>();

  /** Leads to this port. */
  constructor(to: number) {
    this.#to = to;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#port = this.#listener.addr.port;
    this.#track(this.#accept(this.#listener));
  }

  /** Where it listens. */
  get port(): number {
    return this.#port;
  }

  /** Lets this go wrong from now on; what was held back before is cut. */
  set(fault: StateFault): void {
    this.#fault = fault;
    if (fault === "refused") this.#shut();
    if (fault !== "none") return;
    this.#cut();
    if (this.#listener !== undefined) return;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.#port });
    this.#track(this.#accept(this.#listener));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#shut();
    await Promise.all(this.#work);
  }

  #shut(): void {
    this.#listener?.close();
    this.#listener = undefined;
    this.#cut();
  }

  #cut(): void {
    for (const end of this.#timers) end();
    for (const connection of this.#open) close(connection);
    this.#open.clear();
  }

  #track(work: Promise<void>): void {
    const done = work.catch(() => {}).finally(() => this.#work.delete(done));
    this.#work.add(done);
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for await (const client of listener) this.#track(this.#serve(client));
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    this.#open.add(client);
    const server = await Deno.connect({
      hostname: "127.0.0.1",
      port: this.#to,
    }).catch(() => undefined);
    if (server === undefined || !this.#open.has(client)) {
      close(client);
      if (server !== undefined) close(server);
      return;
    }
    this.#open.add(server);
    const ways = [this.#pass(client, server), this.#pass(server, client, true)];
    await Promise.allSettled(ways);
  }

  async #pass(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    isAnswer = false,
  ): Promise<void> {
    const bytes = new Uint8Array(65_536);
    try {
      for (let length; (length = await from.read(bytes)) !== null;) {
        if (!isAnswer) this.calls++;
        if (this.#fault === "hole") continue;
        if (this.#fault === "flaky" && !isAnswer && this.calls % 2 === 0) break;
        if (this.#fault === "slow" && isAnswer) await this.#wait();
        for (let at = 0; at < length;) {
          at += await to.write(bytes.subarray(at, length));
        }
      }
    } catch {
      // Cut on purpose, or by the other side.
    } finally {
      for (const connection of [from, to]) {
        this.#open.delete(connection);
        close(connection);
      }
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#timers.delete(end);
        resolve();
      };
      const timer = setTimeout(end, SLOW_MS);
      this.#timers.add(end);
    });
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed already.
  }
}
