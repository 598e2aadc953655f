import { type DocStep, docSteps, missingLine } from "./_doc_blocks.ts";

/** Where a page is walked through. */
export interface DocWalkOptions {
  /** The directory in which its commands run. */
  readonly directory: string;
  /** For them, and nothing else. */
  readonly env: Readonly<Record<string, string>>;
  /** The port in place of 8000. */
  readonly port: number;
  /** How long one step may take, in ms. */
  readonly within: number;
  /** Is told each step. */
  readonly onStep: (told: string) => void;
}

/** The address that pages speak of. */
const TOLD = "127.0.0.1:8000";

/**
 * Does what a page says, in its order.
 *
 * @returns What went otherwise than the page says, one text each.
 */
export async function walkPage(
  page: string,
  options: DocWalkOptions,
): Promise<string[]> {
  const faults: string[] = [];
  let service: Service | undefined;
  try {
    for (const step of docSteps(page)) {
      const { line, text } = step.block;
      options.onStep(`line ${line}: ${step.does} ${text.split("\n")[0]}`);
      if (step.does === "write") {
        await Deno.writeTextFile(`${options.directory}/${step.name}`, text);
      } else if (step.does === "serve") {
        await service?.stop();
        service = new Service(text, options);
        const fault = await service.ready();
        if (fault !== undefined) faults.push(`line ${line}: ${fault}`);
      } else {
        const fault = await run(step, options);
        if (fault !== undefined) faults.push(`line ${line}: ${fault}`);
      }
    }
  } finally {
    await service?.stop();
  }
  return faults;
}

/** Runs a block; variables that it exports are there for the next ones. */
async function run(
  { block, expected }: DocStep & { does: "run" },
  options: DocWalkOptions,
): Promise<string | undefined> {
  const { directory, port, within } = options;
  const text = block.text.replaceAll(TOLD, `127.0.0.1:${port}`);
  let script = text;
  if (block.language === "ts") {
    await Deno.writeTextFile(`${directory}/example.ts`, text);
    script = `deno run -A --config "$DOC_CONFIG" example.ts`;
  }
  const child = shell(`${SOURCE}\n{ ${script}\n} 2>&1\n${EXPORT}`, options);
  const timer = setTimeout(() => kill(child.pid, "KILL"), within);
  const { code, stdout } = await child.output();
  clearTimeout(timer);
  const output = new TextDecoder().decode(stdout)
    .replaceAll(`127.0.0.1:${port}`, TOLD);
  const wanted = block.marks.has("fails") ? 1 : 0;
  if (code !== wanted) return `ended with ${code}\n${output}`;
  const missing = expected && missingLine(expected, output);
  return missing ? `did not print\n${missing}\nbut\n${output}` : undefined;
}

/** Blocks leave their exported variables in this file. */
const SOURCE = `set -eu; touch .env.sh; . ./.env.sh`;
const EXPORT = `export -p > .env.sh`;

function shell(
  script: string,
  { directory, env }: DocWalkOptions,
): Deno.ChildProcess {
  return new Deno.Command("bash", {
    args: ["-c", script],
    cwd: directory,
    env: { ...env },
    clearEnv: true,
    // A group of its own, which can be ended as a whole.
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

function kill(pid: number, signal: "TERM" | "KILL"): void {
  new Deno.Command("bash", {
    args: ["-c", `kill -${signal} -- -${pid}`],
    stderr: "null",
  }).outputSync();
}

/** A service in the background. */
class Service {
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #within: number;
  readonly #ready = Promise.withResolvers<string | undefined>();
  #output = "";

  constructor(text: string, options: DocWalkOptions) {
    const { port } = options;
    const command = text.replace(/ +#.*$/gm, "");
    this.#within = options.within;
    this.#child = shell(
      `${SOURCE}\n${command} --port ${port} 2>&1`,
      options,
    );
    this.#reading = this.#read(` on http://127.0.0.1:${port}`);
  }

  /** @returns What went wrong; nothing where it serves. */
  async ready(): Promise<string | undefined> {
    const timer = setTimeout(
      () => this.#ready.resolve(`did not start\n${this.#output}`),
      this.#within,
    );
    const fault = await this.#ready.promise;
    clearTimeout(timer);
    return fault;
  }

  async stop(): Promise<void> {
    kill(this.#child.pid, "TERM");
    const timer = setTimeout(() => kill(this.#child.pid, "KILL"), this.#within);
    await this.#child.status;
    await this.#reading;
    clearTimeout(timer);
  }

  async #read(sign: string): Promise<void> {
    for await (
      const piece of this.#child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      if (this.#output.length < 65_536) this.#output += piece;
      if (this.#output.includes(sign)) this.#ready.resolve(undefined);
    }
    this.#ready.resolve(`ended\n${this.#output}`);
  }
}
