import { parseArgs } from "node:util";
import { load, type LoadResult, type Subject } from "./_process.ts";

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

/** The engine's flags with which `deno task start` runs the service. */
export async function serviceFlags(): Promise<string[]> {
  const url = new URL("../deno.json", import.meta.url);
  const { tasks } = JSON.parse(await Deno.readTextFile(url));
  return String(tasks.start).match(/--v8-flags=\S+/g) ?? [];
}

/** Measures a subject that has been warmed up for a second. */
export async function measure(
  subject: Subject,
  { stream, seconds }: { readonly stream: boolean; readonly seconds: number },
): Promise<Row> {
  const connections = stream ? 16 : 32;
  await load(subject.url, { connections, seconds: 1, stream });
  const before = subject.cpu();
  const result = await load(subject.url, { connections, seconds, stream });
  const cpu = (subject.cpu() - before) / Math.max(1, result.requests);
  return { ...result, cpu, rss: subject.rss() };
}

/** The middle value: these machines are noisy, and a mean follows the noise. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

/** Prints a line. */
export function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
