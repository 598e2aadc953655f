// Two processes that have a limit in common through one file.
import { assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { tell } from "./_measured.ts";

interface Taken {
  readonly asked: number;
  readonly taken: readonly number[];
}

/** A process that asks for a limit once it is told to. */
class LimiterProcess {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor(args: readonly string[]) {
    this.#child = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--frozen",
        "--no-check",
        "--unstable-kv",
        "--allow-env",
        "--allow-read",
        "--allow-write=/tmp",
        "--allow-run=deno",
        new URL("./_limiter_process.ts", import.meta.url).href,
        ...args,
      ],
      cwd: new URL("../", import.meta.url),
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  async ready(): Promise<void> {
    assertEquals((await this.#lines.read()).value?.trim(), "ready");
  }

  async run(): Promise<Taken> {
    const input = this.#child.stdin.getWriter();
    await input.write(new Uint8Array(1));
    await input.close();
    let text = "";
    for (let read; !(read = await this.#lines.read()).done;) text += read.value;
    assertEquals((await this.#child.status).code, 0);
    return JSON.parse(text);
  }
}

/** The most of some moments that lie within one window. */
function most(moments: readonly number[], windowMs: number): number {
  const sorted = moments.toSorted((a, b) => a - b);
  let from = 0;
  let most = 0;
  sorted.forEach((at, i) => {
    while (sorted[from]! <= at - windowMs) from++;
    most = Math.max(most, i - from + 1);
  });
  return most;
}

for (const amount of [300, 3_000]) {
  Deno.test(`L8: two processes on one file get ${amount}/minute, and at most 5 % more, however fast both ask`, async () => {
    const directory = await Deno.makeTempDir();
    try {
      const args = [directory, `${amount}/minute`, "1000"];
      const first = new LimiterProcess(args);
      await first.ready();
      const second = new LimiterProcess(args);
      await second.ready();
      const results = await Promise.all([first.run(), second.run()]);
      const all = results.flatMap(({ taken }) => taken);
      const asked = results.reduce((sum, { asked }) => sum + asked, 0);
      const seen = most(all, 60_000);
      tell(
        "L8",
        `${amount}/minute on one file: ${
          results.map(({ taken }) => taken.length).join(" and ")
        } admitted of ${asked}, ${seen} in a minute`,
      );
      assertGreater(asked, amount);
      assertLessOrEqual(seen, amount * 1.05);
      assertGreater(seen, amount * 0.85);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}
