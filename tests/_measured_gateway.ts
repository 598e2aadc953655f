/** What a process takes. */
export interface Taken {
  /** Its memory, in bytes. */
  readonly rss: number;
  /** The most of it since it was last asked. */
  readonly peak: number;
  /** For how long its loop was held up at most since then, in ms. */
  readonly held: number;
}

/** A gateway in a process of its own. */
export class MeasuredGateway implements AsyncDisposable {
  readonly url: string;
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  /** Use {@linkcode MeasuredGateway.start}. */
  constructor(
    child: Deno.ChildProcess,
    parts: {
      readonly url: string;
      readonly lines: ReadableStreamDefaultReader<string>;
    },
  ) {
    this.url = parts.url;
    this.#child = child;
    this.#lines = parts.lines;
    this.#input = child.stdin.getWriter();
  }

  /** Starts one with a config, YAML; it needs the permission to run `deno`. */
  static async start(yaml: string): Promise<MeasuredGateway> {
    const child = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--frozen",
        "--no-check",
        // As the service runs, but for the last.
        "--v8-flags=--no-parallel-scavenge,--min-semi-space-size=16,--max-semi-space-size=16,--heap-growing-percent=50,--expose-gc",
        "--allow-net=127.0.0.1",
        "--allow-env",
        "--allow-read",
        new URL("./_gateway_process.ts", import.meta.url).href,
        yaml,
      ],
      cwd: new URL("../", import.meta.url),
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value = "{}" } = await lines.read();
    return new MeasuredGateway(child, { url: JSON.parse(value).url, lines });
  }

  /** What it takes now, and took at most since the last call. */
  async taken(): Promise<Taken> {
    return JSON.parse(await this.#ask("\n"));
  }

  /** How much memory is in use, in bytes: without what waits to be collected. */
  async used(): Promise<number> {
    return JSON.parse(await this.#ask("used\n")).used;
  }

  async #ask(line: string): Promise<string> {
    await this.#input.write(new TextEncoder().encode(line));
    const { value = "{}" } = await this.#lines.read();
    return value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    while (!(await this.#lines.read()).done);
    await this.#child.status;
  }
}
