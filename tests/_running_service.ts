import { until } from "../logging/_test_wait.ts";
import { command, type ServiceBounds } from "./_service.ts";

/** The service as a process, whatever becomes of it; ended at the end. */
export class RunningService implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;
  /** What it has printed. */
  output = "";
  /** What it has told on standard error. */
  errors = "";

  /** Starts one on a free port. */
  constructor(
    args: readonly string[],
    env?: Record<string, string>,
    bounds?: ServiceBounds,
  ) {
    const child = command(["--port", "0", ...args], env, bounds).spawn();
    this.#child = child;
    this.#read = Promise.all([
      read(child.stdout, (text) => this.output += text),
      read(child.stderr, (text) => this.errors += text),
    ]);
  }

  /** Its first line. */
  async line(): Promise<string> {
    await until(() => this.output.includes("\n"), "the service tells a line");
    return this.output.split("\n")[0] ?? "";
  }

  /** Where it listens. */
  async url(): Promise<string> {
    return /http:\/\/[\d.]+:\d+/.exec(await this.line())?.[0] ?? "";
  }

  /** Waits until it has logged a line like this. */
  async logs(line: RegExp): Promise<void> {
    await until(() => line.test(this.output), `a line like ${line}`);
  }

  /** Its health, and what it says of its state. */
  async health(): Promise<Record<string, unknown>> {
    const response = await fetch(`${await this.url()}/health`);
    const { status, checks } = await response.json();
    return { status, ...checks.state };
  }

  /** Sends it a signal. */
  signal(name: Deno.Signal): void {
    this.#child.kill(name);
  }

  /** Its code, once it has ended. */
  async ended(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#read;
    return code;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.signal("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await this.ended();
  }
}

async function read(
  stream: ReadableStream<Uint8Array>,
  add: (text: string) => void,
): Promise<void> {
  const texts = stream.pipeThrough(new TextDecoderStream());
  for await (const text of texts) add(text);
}
