/** How a worker is started and kept. */
export interface WorkerProcessOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** How long it may give no sign of life, in ms. */
  readonly patience: number;
  /** Called when it serves. */
  readonly onReady: () => void;
  /** Called when it has ended; `again` is in how many ms another is started, if one is. */
  readonly onEnd: (code: number, again: number | undefined) => void;
}

/** The first pause before a worker that died is started again, in ms; each further one is twice as long. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;
/** A worker that lived so long has not died of what killed the one before, in ms. */
const LONG_LIFE = 60_000;

/** One worker: started, watched, and started again where it dies. */
export class WorkerProcess {
  readonly #options: WorkerProcessOptions;
  readonly #ended = Promise.withResolvers<void>();
  #child: Deno.ChildProcess | undefined;
  #pause = FIRST_PAUSE;
  #startedAt = 0;
  #stopping = false;
  #again: ReturnType<typeof setTimeout> | undefined;
  #lifeline: ReturnType<typeof setTimeout> | undefined;
  #isReady = false;

  /** Starts it. */
  constructor(options: WorkerProcessOptions) {
    this.#options = options;
    this.#start();
  }

  /** Whether it serves. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Takes a message of it, in the words of sd_notify(3). */
  told(message: ReadonlySet<string>): void {
    if (message.has("READY=1") && !this.#isReady) {
      this.#isReady = true;
      this.#options.onReady();
    }
    if (message.has("STOPPING=1")) clearTimeout(this.#lifeline);
    else this.#watch();
  }

  /** Passes a signal on. */
  signal(name: Deno.Signal): void {
    try {
      this.#child?.kill(name);
    } catch {
      // It has just ended.
    }
  }

  /** Has it end and not start again; resolves when it has ended. */
  stop(name: Deno.Signal): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#again);
    clearTimeout(this.#lifeline);
    if (this.#child === undefined) this.#ended.resolve();
    else this.signal(name);
    return this.#ended.promise;
  }

  #start(): void {
    const { command: [program = "", ...args], env } = this.#options;
    this.#startedAt = performance.now();
    const child = new Deno.Command(program, {
      args,
      env,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    this.#child = child;
    this.#watch();
    child.status.then(({ code }) => this.#hasEnded(code));
  }

  /** A worker whose loop hangs tells nothing, and is ended the hard way (P7). */
  #watch(): void {
    clearTimeout(this.#lifeline);
    this.#lifeline = setTimeout(
      () => this.signal("SIGKILL"),
      this.#options.patience,
    );
  }

  #hasEnded(code: number): void {
    clearTimeout(this.#lifeline);
    this.#child = undefined;
    this.#isReady = false;
    if (this.#stopping) {
      this.#options.onEnd(code, undefined);
      return this.#ended.resolve();
    }
    const lived = performance.now() - this.#startedAt;
    if (lived > LONG_LIFE) this.#pause = FIRST_PAUSE;
    const pause = this.#pause;
    this.#pause = Math.min(pause * 2, LONGEST_PAUSE);
    this.#again = setTimeout(() => this.#start(), pause);
    this.#options.onEnd(code, pause);
  }
}
