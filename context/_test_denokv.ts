import { freePort, hasProgram } from "../logging/_test_programs.ts";
import { until } from "../logging/_test_wait.ts";

/** Whether `denokv` (`cargo install denokv --locked`) is here and may be run. */
export const hasDenoKv: boolean = hasProgram("denokv", "--help");

/** A real server of KV Connect of its own, on 127.0.0.1, in a folder of its own. */
export class TestDenoKv implements AsyncDisposable {
  /** What clients have to present. */
  readonly token = crypto.randomUUID();
  readonly #folder = Deno.makeTempDirSync();
  readonly #address: string;
  #child: Deno.ChildProcess;

  /** Starts one, which does not answer yet; see {@linkcode TestDenoKv.start}. */
  constructor(port: number) {
    this.#address = `127.0.0.1:${port}`;
    this.#child = this.#spawn();
  }

  /** Starts one. */
  static async start(): Promise<TestDenoKv> {
    const server = new TestDenoKv(freePort());
    await server.#answers();
    return server;
  }

  /** Where it listens. */
  get url(): string {
    return `http://${this.#address}`;
  }

  /** Ends the process; what it knew stays on disk. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  /** Starts the process again. */
  async again(): Promise<void> {
    this.#child = this.#spawn();
    await this.#answers();
  }

  /** Ends it, and removes what it kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill().catch(() => {});
    await Deno.remove(this.#folder, { recursive: true });
  }

  #spawn(): Deno.ChildProcess {
    const { token } = this;
    return new Deno.Command("denokv", {
      args: [
        ...["--sqlite-path", `${this.#folder}/denokv.sqlite`, "serve"],
        ...["--addr", this.#address, "--access-token", token],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  async #answers(): Promise<void> {
    await until(
      async () => {
        const response = await fetch(this.url).catch(() => undefined);
        await response?.body?.cancel();
        return response !== undefined;
      },
      "denokv answers",
    );
  }
}
