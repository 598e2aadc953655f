import { parseArgs } from "node:util";

/** What the command line asks for. */
export type Command =
  | { readonly name: "help" | "version" }
  | { readonly name: "check"; readonly config?: string }
  | { readonly name: "check-state"; readonly path: string }
  | {
    readonly name: "start";
    readonly config?: string;
    readonly host?: string;
    readonly port?: number;
    readonly state?: string;
  }
  | { readonly name: "usage"; readonly fault: string };

/** What `--help` prints. */
export const HELP = `llm-proxy: an LLM gateway in one process

Usage:
  llm-proxy [--config FILE] [--host ADDRESS] [--port NUMBER] [--state PLACE]
  llm-proxy check --config FILE

Commands:
  check            read the config, tell every fault in it, and stop

Options:
  --config FILE    the config (or LLM_PROXY_CONFIG); without one, providers are
                   found by their environment variables and 'mock' is on
  --host ADDRESS   listen there instead of server.host
  --port NUMBER    listen there instead of server.port
  --state PLACE    keep there what a restart must not lose: a directory, the URL
                   of a database that speaks KV Connect, or memory
  -h, --help       print this
  --version        print the version

Exit codes: 0 done, 1 a fault (each told in a line of its own), 2 wrong usage
`;

/** Reads the command line; what is wrong with it comes back as `usage`. */
export function parseCommand(args: readonly string[]): Command {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: "string" },
        host: { type: "string" },
        port: { type: "string" },
        state: { type: "string" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { name: "usage", fault: message.split(/[.\n]/)[0] ?? message };
  }
  const { values, positionals } = parsed;
  if (values.help || positionals[0] === "help") return { name: "help" };
  if (values.version) return { name: "version" };
  const [word, surplus] = positionals;
  const config = values.config === undefined ? {} : { config: values.config };
  if (values.config === "") return usage("--config needs a file");
  if (values.state === "") return usage("--state needs a place");
  if (word === "check-state") {
    return surplus === undefined
      ? usage("check-state needs a file")
      : { name: "check-state", path: surplus };
  }
  if (word === "check" && surplus === undefined) {
    const { host, port, state } = values;
    if ([host, port, state].some((value) => value !== undefined)) {
      return usage("check takes --config only");
    }
    return { name: "check", ...config };
  }
  if (word !== undefined) return usage(`Unknown command '${surplus ?? word}'`);
  const port = values.port === undefined ? undefined : Number(values.port);
  if (
    port !== undefined && !(/^\d+$/.test(values.port ?? "") && port < 65536)
  ) {
    return usage(
      `--port must be a number from 0 to 65535, not '${values.port}'`,
    );
  }
  return {
    name: "start",
    ...config,
    ...(values.host !== undefined && { host: values.host }),
    ...(port !== undefined && { port }),
    ...(values.state !== undefined && { state: values.state }),
  };
}

function usage(fault: string): Command {
  return { name: "usage", fault };
}
