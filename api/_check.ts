import type { CliInput } from "./_cli.ts";
import { configFile, load, type Loaded, readConfig } from "./_load_config.ts";
import { cacheFault } from "./_open_cache.ts";
import { loggingFault } from "./_open_logger.ts";
import { telemetryFault } from "./_open_telemetry.ts";
import { FAULT, print, tell, USAGE } from "./_terminal.ts";

/** `check`: tells every fault of a config, or that there is none. */
export async function check({ values, switches }: CliInput): Promise<number> {
  const file = configFile(values.get("config"));
  if (!file) return tell("llm-proxy: check needs --config FILE", USAGE);
  if (switches.has("json")) return await asJson(file);
  const loaded = await load(file);
  if (typeof loaded === "number") return loaded;
  const fault = await otherFault(loaded);
  if (fault !== undefined) return tell(`${file}: ${fault}`, FAULT);
  return print(`${file}: no faults\n`);
}

/** What is wrong beyond the file's own text. */
async function otherFault({ config }: Loaded): Promise<string | undefined> {
  return await loggingFault(config.logging) ??
    await cacheFault(config.cache) ?? telemetryFault(config);
}

async function asJson(file: string): Promise<number> {
  const read = await readConfig(file);
  const faults = "faults" in read
    ? read.faults
    : await faultsBeyond(file, read);
  print(`${JSON.stringify({ faults }, null, 2)}\n`);
  return faults.length === 0 ? 0 : FAULT;
}

async function faultsBeyond(file: string, loaded: Loaded): Promise<object[]> {
  const message = await otherFault(loaded);
  return message === undefined ? [] : [{ file, message }];
}
