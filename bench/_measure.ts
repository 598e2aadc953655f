import { parseArgs } from "node:util";
import {
  load,
  type LoadResult,
  startSubject,
  type Subject,
} from "./_process.ts";

/** What one run found of a gateway. */
export interface Row extends LoadResult {
  /** CPU time per request, in µs. */
  readonly cpu: number;
  /** Resident memory afterwards, in MiB. */
  readonly rss: number;
}

/** How often everything is measured, and for how long: `--rounds`, `--seconds`. */
export function benchOptions(
  defaults: { readonly rounds: number; readonly seconds: number },
): { readonly rounds: number; readonly seconds: number } {
  const { values } = parseArgs({
    args: Deno.args,
    options: { rounds: { type: "string" }, seconds: { type: "string" } },
  });
  return {
    rounds: Number(values.rounds ?? defaults.rounds),
    seconds: Number(values.seconds ?? defaults.seconds),
  };
}

/** Writes a config of one provider, the simulated one, and what else it is told. */
export async function benchConfig(
  upstream: { readonly url: string },
  more = "logging: {level: info, format: json}",
): Promise<string> {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(
    file,
    `providers: [{name: bench, type: openai_compatible, base_url: "${upstream.url}/v1", models: [bench-1]}]\n${more}\n`,
  );
  return file;
}

/** How `deno task start` runs the service: the engine's flags, and what the environment says of memory. */
export async function serviceSettings(): Promise<
  { readonly flags: readonly string[]; readonly env: Record<string, string> }
> {
  const url = new URL("../deno.json", import.meta.url);
  const { tasks } = JSON.parse(await Deno.readTextFile(url));
  const start = String(tasks.start);
  return {
    flags: start.match(/--v8-flags=\S+/g) ?? [],
    env: Object.fromEntries(
      Array.from(
        start.matchAll(/\b(MALLOC_\w+|DENO_\w+)=(\w+)/g),
        ([, name = "", value = ""]) => [name, value],
      ),
    ),
  };
}

/** How long subjects are at work before they are measured, in seconds: until then the engine still compiles. */
export const WARM_UP = 12;

/** A subject, and what all rounds found of it. */
export interface Compared {
  readonly name: string;
  readonly rows: readonly Row[];
  /** The middle of what a row's number is of the first subject's in the same round. */
  ratio(of: (row: Row) => number): number;
  /** The middle of a row's number. */
  middle(of: (row: Row) => number): number;
}

/**
 * Compares programs that all run all the time, and are asked one after the
 * other, round by round: what else the machine does then meets all alike.
 */
export async function compare(
  programs: readonly {
    readonly name: string;
    readonly args: string[];
    readonly env?: Record<string, string>;
  }[],
  { stream, rounds, seconds }: {
    readonly stream: boolean;
    readonly rounds: number;
    readonly seconds: number;
  },
): Promise<readonly Compared[]> {
  const subjects: { name: string; subject: Subject; rows: Row[] }[] = [];
  for (const { name, args, env } of programs) {
    const subject = await startSubject(0, args, env);
    await measure(subject, { stream, seconds: WARM_UP });
    subjects.push({ name, subject, rows: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { subject, rows } of subjects) {
      rows.push(await measure(subject, { stream, seconds }));
    }
  }
  for (const { subject } of subjects) await subject.stop();
  const base = subjects[0]?.rows ?? [];
  return subjects.map(({ name, rows }) => ({
    name,
    rows,
    ratio: (of) =>
      median(rows.map((row, round) => of(row) / of(base[round] ?? row))),
    middle: (of) => median(rows.map(of)),
  }));
}

async function measure(
  subject: Subject,
  { stream, seconds }: { readonly stream: boolean; readonly seconds: number },
): Promise<Row> {
  const connections = stream ? 16 : 32;
  const before = subject.cpu();
  const result = await load(subject.url, { connections, seconds, stream });
  const cpu = (subject.cpu() - before) / Math.max(1, result.requests);
  return { ...result, cpu, rss: subject.rss() };
}

/** Prints what was found of each, the first of which the others are held against. */
export function printCompared(compared: readonly Compared[]): void {
  const [base] = compared;
  const heads = ["CPU µs", `x ${base?.name}`, "rps", "p50 ms", "p99 ms"];
  printRow("", [...heads, "RSS MiB", "errors"]);
  for (const it of compared) {
    printRow(it.name, [
      it.middle(({ cpu }) => cpu).toFixed(1),
      it.ratio(({ cpu }) => cpu).toFixed(2),
      it.middle(({ rps }) => rps).toFixed(0),
      it.middle(({ p50 }) => p50).toFixed(2),
      it.middle(({ p99 }) => p99).toFixed(2),
      it.middle(({ rss }) => rss).toFixed(0),
      String(errorsOf(it)),
    ]);
  }
  print("");
}

function printRow(name: string, cells: readonly string[]): void {
  print(name.padEnd(13) + cells.map((cell) => cell.padStart(11)).join(""));
}

/** How many requests of all rounds failed. */
function errorsOf({ rows }: Compared): number {
  return rows.reduce((sum, { errors }) => sum + errors, 0);
}

/** The middle value: these machines are noisy, and a mean follows the noise. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

/** Prints a line. */
export function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
