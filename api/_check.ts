import type { CliInput } from "./_cli.ts";
import { configFile, load } from "./_load_config.ts";
import { cacheFault } from "./_open_cache.ts";
import { loggingFault } from "./_open_logger.ts";
import { telemetryFault } from "./_open_telemetry.ts";
import { FAULT, print, tell, USAGE } from "./_terminal.ts";

/** `check`: tells every fault of a config, or that there is none. */
export async function check({ values }: CliInput): Promise<number> {
  const file = configFile(values.get("config"));
  if (!file) return tell("llm-proxy: check needs --config FILE", USAGE);
  const loaded = await load(file);
  if (typeof loaded === "number") return loaded;
  const fault = await loggingFault(loaded.config.logging) ??
    await cacheFault(loaded.config.cache) ??
    telemetryFault(loaded.config);
  if (fault !== undefined) return tell(`${file}: ${fault}`, FAULT);
  for (const notice of loaded.notices) print(`${notice}\n`);
  return print(`${file}: no faults\n`);
}
