import { probeStateFile } from "@llm-proxy/context";
import { type Command, HELP, parseCommand } from "./_arguments.ts";
import { configFile, load } from "./_load_config.ts";
import { loggingFault } from "./_open_logger.ts";
import { start } from "./_start.ts";
import { FAULT, print, tell, USAGE } from "./_terminal.ts";
import { VERSION } from "./version.ts";

/**
 * Runs the gateway as a service, or the command that the arguments name, until
 * it is told to stop by SIGINT or SIGTERM.
 *
 * @returns The exit code: 0 done, 1 a fault, 2 wrong usage. Faults are told on
 * standard error, one line each.
 *
 * @example What it can do
 * ```ts
 * import { serve } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await serve(["--help"]), 0);
 * ```
 */
export async function serve(args: readonly string[]): Promise<number> {
  const command = parseCommand(args);
  switch (command.name) {
    case "help":
      return print(HELP);
    case "version":
      return print(`llm-proxy ${VERSION}\n`);
    case "usage":
      return tell(`llm-proxy: ${command.fault} (see --help)`, USAGE);
    case "check":
      return await check(command);
    // How a compiled program has a state file looked at; see checkStateFile.
    case "check-state":
      await probeStateFile(command.path);
      return 0;
    case "start":
      return await start(command);
  }
}

/** `check`: tells every fault of a config, or that there is none. */
async function check(command: Command & { name: "check" }): Promise<number> {
  const file = configFile(command);
  if (!file) return tell("llm-proxy: check needs --config FILE", USAGE);
  const loaded = await load(file);
  if (typeof loaded === "number") return loaded;
  const fault = await loggingFault(loaded.config.logging);
  if (fault !== undefined) return tell(`${file}: ${fault}`, FAULT);
  for (const notice of loaded.notices) print(`${notice}\n`);
  return print(`${file}: no faults\n`);
}
