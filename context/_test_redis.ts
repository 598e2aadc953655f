import { freePort, hasProgram } from "../logging/_test_programs.ts";
import { until } from "../logging/_test_wait.ts";

/** Whether `redis-server` is here and may be run. */
export const hasRedis: boolean = hasProgram("redis-server");

/** A server of Redis of its own, on 127.0.0.1, which keeps nothing on disk. */
export class TestRedis implements AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
  readonly #port: number;
  readonly #settings: readonly string[];
  #child: Deno.ChildProcess;

  /** Starts one, which does not answer yet; see {@linkcode TestRedis.start}. */
  constructor(port: number, settings: readonly string[]) {
    this.url = `redis://127.0.0.1:${port}`;
    this.#port = port;
    this.#settings = settings;
    this.#child = this.#spawn();
  }

  /** Starts one with more settings, such as `--requirepass`. */
  static async start(settings: readonly string[] = []): Promise<TestRedis> {
    const server = new TestRedis(freePort(), settings);
    await server.#answers();
    return server;
  }

  /** Stops the process in the midst of whatever it does; connections stay. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Lets it go on. */
  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /** Ends the process, and all it knew with it. */
  async stop(): Promise<void> {
    this.thaw();
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  /** Starts the process again, with nothing in it. */
  async again(): Promise<void> {
    this.#child = this.#spawn();
    await this.#answers();
  }

  /** Says something to it as a person would, and gives back its answer. */
  async say(line: string): Promise<string> {
    const connection = await Deno.connect({
      hostname: "127.0.0.1",
      port: this.#port,
    });
    try {
      await connection.write(new TextEncoder().encode(`${line}\r\n`));
      const bytes = new Uint8Array(65_536);
      const length = await connection.read(bytes) ?? 0;
      return new TextDecoder().decode(bytes.subarray(0, length));
    } finally {
      connection.close();
    }
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => {});
  }

  #spawn(): Deno.ChildProcess {
    return new Deno.Command("redis-server", {
      args: [
        ...["--port", String(this.#port), "--bind", "127.0.0.1"],
        ...["--save", "", "--appendonly", "no", "--dir", "/tmp"],
        ...this.#settings,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  async #answers(): Promise<void> {
    const isUp = (said: string): boolean => /^(\+PONG|-NOAUTH)/.test(said);
    await until(
      async () => isUp(await this.say("PING").catch(() => "")),
      "Redis answers",
    );
  }
}
