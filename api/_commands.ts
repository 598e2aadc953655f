import type { CliCommand, CliOption } from "./_cli.ts";
import { start } from "./_start.ts";
import { tell, USAGE } from "./_terminal.ts";

const CONFIG: CliOption = {
  value: "FILE",
  help: "the config (or LLM_PROXY_CONFIG)",
};

/** What the program can do; the first is what it does unless told otherwise. */
export const COMMANDS: readonly CliCommand[] = [
  {
    name: "start",
    summary: "serve until SIGINT or SIGTERM",
    options: {
      config: {
        value: "FILE",
        help:
          "the config (or LLM_PROXY_CONFIG); without one, the environment decides",
      },
      host: { value: "ADDRESS", help: "listen there instead of server.host" },
      port: { value: "NUMBER", help: "listen there instead of server.port" },
      state: {
        value: "PLACE",
        help:
          "keep there what a restart must not lose: a directory, a URL, or memory",
      },
    },
    examples: ["", "--config config.yaml", "--port 9000"],
    run: start,
  },
  {
    name: "check",
    summary: "read the config, tell every fault in it, and stop",
    options: { config: CONFIG },
    examples: ["check --config config.yaml"],
    run: async (input) => (await import("./_check.ts")).check(input),
  },
  {
    name: "permissions",
    summary: "print the Deno permissions that a config needs",
    options: {
      config: CONFIG,
      json: { help: "as a list in JSON" },
    },
    examples: ["permissions --config config.yaml"],
    run: async (input) =>
      (await import("./_permissions.ts")).permissions(input),
  },
  {
    name: "install",
    summary: "write the systemd units, and enable them",
    options: {
      config: { value: "FILE", help: "the config that the service will read" },
      "dry-run": {
        help: "print the units, change nothing (what it does unless told)",
      },
      apply: { help: "write the units, have systemd read and enable them" },
      directory: {
        value: "DIR",
        help: "where units go, instead of /etc/systemd/system",
      },
    },
    examples: [
      "install --dry-run",
      "install --apply --config /etc/llm-proxy/config.yaml",
    ],
    run: async (input) => (await import("./_install.ts")).install(input),
  },
  {
    // How a compiled program has a state file looked at; see checkStateFile.
    name: "check-state",
    summary: "look at a state file, and die of it where it is corrupt",
    words: "FILE",
    options: {},
    examples: ["check-state state.kv"],
    hidden: true,
    run: async ({ words: [file] }) => {
      if (file === undefined) {
        return tell("llm-proxy: check-state needs a file", USAGE);
      }
      const { probeStateFile } = await import("@llm-proxy/context");
      await probeStateFile(file);
      return 0;
    },
  },
  {
    name: "completion",
    summary: "print tab completion for a shell",
    words: "bash|zsh|fish",
    options: {},
    examples: ["completion bash > /etc/bash_completion.d/llm-proxy"],
    run: async ({ words }) =>
      (await import("./_completion.ts")).completion(words, COMMANDS),
  },
];
