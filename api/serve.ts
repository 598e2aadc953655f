import { helpText, parseCli } from "./_cli.ts";
import { COMMANDS } from "./_commands.ts";
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
  const parsed = await parseCli(args, COMMANDS);
  if ("fault" in parsed) {
    return tell(`llm-proxy: ${parsed.fault} (see --help)`, USAGE);
  }
  if ("help" in parsed) return print(helpText(COMMANDS, parsed.help));
  if ("version" in parsed) {
    const { runningCommit } = await import("./_commit.ts");
    return print(`llm-proxy ${VERSION} (${runningCommit()})\n`);
  }
  try {
    return await parsed.command.run(parsed.input);
  } catch (error) {
    // Nothing works without these; what else may be missing is told where it is.
    if (!isMissingPermission(error)) throw error;
    return tell(`llm-proxy: ${error.message}`, FAULT);
  }
}

/** Whether it tells of a permission: of one to read the program itself a plain error does. */
function isMissingPermission(error: unknown): error is Error {
  return error instanceof Deno.errors.NotCapable ||
    error instanceof TypeError &&
      /^Requires \w+ access to /.test(error.message);
}
