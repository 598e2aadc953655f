import { freePort } from "./_test_programs.ts";

/** What `promtool check metrics` says of a text; nothing where all is well. */
export async function promtoolCheck(text: string): Promise<string> {
  const child = new Deno.Command("promtool", {
    args: ["check", "metrics"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const said = new TextDecoder();
  return said.decode(stdout) + said.decode(stderr) + (code || "");
}

/** A sample of an answer to a query: its labels, and its value as text. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A Prometheus of its own, in a folder of its own, on 127.0.0.1. */
export class TestPrometheus implements AsyncDisposable {
  readonly #folder: string;
  readonly #child: Deno.ChildProcess;
  readonly #url: string;

  /** Starts one that scrapes `/metrics` of some addresses five times a second, each as a job. */
  constructor(targets: Readonly<Record<string, string>>) {
    const folder = Deno.makeTempDirSync({ prefix: "llm-proxy-prometheus-" });
    const jobs = Object.entries(targets).map(([job, address]) =>
      `  - {job_name: ${job}, static_configs: [{targets: ["${address}"]}]}`
    );
    const config = `${folder}/prometheus.yml`;
    Deno.writeTextFileSync(
      config,
      `global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs:\n${
        jobs.join("\n")
      }\n`,
    );
    const address = `127.0.0.1:${freePort()}`;
    this.#folder = folder;
    this.#url = `http://${address}/api/v1/`;
    this.#child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=${address}`,
        "--enable-feature=exemplar-storage",
        "--log.level=error",
      ],
      cwd: folder,
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** Asks until the answer has samples that a test is content with, 30 s at most. */
  async query(
    query: string,
    content: (samples: readonly Sample[]) => boolean = (samples) =>
      samples.length > 0,
  ): Promise<readonly Sample[]> {
    const path = `query?query=${encodeURIComponent(query)}`;
    const data = await this.#poll(path, (data) => content(data.result ?? []));
    return data.result;
  }

  /** The exemplars of a metric, once there are any. */
  async exemplars(query: string): Promise<unknown> {
    const end = Date.now() / 1_000 + 60;
    const path = `query_exemplars?query=${encodeURIComponent(query)}&start=${
      end - 3_600
    }&end=${end}`;
    return await this.#poll(path, (data) => data.length > 0);
  }

  /** The scrapes' errors so far, by job; empty text where there is none. */
  async errors(): Promise<Record<string, string>> {
    const { activeTargets } = await this.#poll("targets", () => true);
    return Object.fromEntries(
      activeTargets.map((
        target: { scrapePool: string; lastError: string },
      ) => [target.scrapePool, target.lastError]),
    );
  }

  // deno-lint-ignore no-explicit-any -- what Prometheus answers, asserted by the tests
  async #poll(path: string, content: (data: any) => boolean): Promise<any> {
    const deadline = performance.now() + 30_000;
    let last: unknown;
    while (performance.now() < deadline) {
      try {
        const reply = await fetch(this.#url + path);
        last = await reply.json();
        const { data } = last as { data?: unknown };
        if (reply.ok && content(data)) return data;
      } catch (error) {
        last = error;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`No such answer to ${path}: ${JSON.stringify(last)}`);
  }

  /** Ends the process and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    Deno.removeSync(this.#folder, { recursive: true });
  }
}
