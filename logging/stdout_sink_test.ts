import { assert, assertEquals } from "@std/assert";
import { isTerminal } from "./stdout_sink.ts";

const CHILD = new URL("./_test_stdout_child.ts", import.meta.url).pathname;

function startChild(records: number, to = "cat"): Deno.ChildProcess {
  const args = ["run", "--no-lock", "--quiet", CHILD, `${records}`, to];
  return new Deno.Command("deno", {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  })
    .spawn();
}

interface Outcome {
  readonly lines: string[];
  readonly dropped: number;
  readonly lateness: number;
}

async function finish(child: Deno.ChildProcess): Promise<Outcome> {
  const { stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stdout);
  const report = JSON.parse(new TextDecoder().decode(stderr));
  return { lines: text.split("\n").slice(0, -1), ...report };
}

Deno.test("stdoutSink() writes every record where somebody reads", async () => {
  const { lines, dropped } = await finish(startChild(3_000));
  assertEquals(dropped, 0);
  assertEquals(
    lines.map((line) => JSON.parse(line).at),
    Array.from({ length: 3_000 }, (_, at) => at),
  );
});

/** What the child says at its end. */
async function readReport(
  child: Deno.ChildProcess,
): Promise<Omit<Outcome, "lines">> {
  const text = child.stderr.pipeThrough(new TextDecoderStream());
  for await (const chunk of text) return JSON.parse(chunk);
  throw new Error("The child said nothing");
}

Deno.test("P8: a pipe that nobody reads drops records, counted exactly, and delays nothing", async () => {
  const child = startChild(20_000);
  const { dropped, lateness } = await readReport(child);
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
  }
  await child.status;
  assertEquals(text.split("\n").length - 1 + dropped, 20_000);
  assert(dropped > 0);
  assert(lateness < 1_000, `${lateness} ms late`);
});

Deno.test("stdoutSink() counts exactly what a reader that left did not get", async () => {
  const child = startChild(2_000);
  await child.stdout.cancel();
  const { dropped } = await readReport(child);
  await child.status;
  assertEquals(dropped, 2_000);
});

Deno.test("StructuredLogger with format auto writes JSON where no terminal is", async () => {
  const { lines } = await finish(startChild(1, "auto"));
  assertEquals(JSON.parse(lines[0] ?? "").msg, "Flood");
  assertEquals(isTerminal(), Deno.stdout.isTerminal());
});
