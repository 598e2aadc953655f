import type { CliCommand, CliOption } from "./_cli.ts";

const CONFIG: CliOption = {
  value: "FILE",
  help: "the config (or LLM_PROXY_CONFIG)",
};

const JSON_OPTION: CliOption = { help: "in JSON" };

const STATE: CliOption = {
  value: "PLACE",
  help: "where the service keeps its state (or LLM_PROXY_STATE)",
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
      workers: {
        value: "NUMBER",
        help: "serve by so many processes on one port; auto: one for each core",
      },
      state: {
        value: "PLACE",
        help:
          "keep there what a restart must not lose: a directory, a URL, or memory",
      },
    },
    examples: ["", "--config config.yaml", "--port 9000", "--workers auto"],
    // The other commands need little of what serving needs.
    run: async (input) => (await import("./_start.ts")).start(input),
  },
  {
    name: "check",
    summary: "read the config, tell every fault in it, and stop",
    options: { config: CONFIG, json: JSON_OPTION },
    examples: ["check --config config.yaml", "check --config new.yaml --json"],
    run: async (input) => (await import("./_check.ts")).check(input),
  },
  {
    name: "doctor",
    summary: "look at all that a start relies on, and say what to do",
    options: {
      config: CONFIG,
      state: STATE,
      ask: { help: "ask each provider for its models: one cheap call each" },
      json: { help: "as a list in JSON" },
    },
    examples: ["doctor", "doctor --config config.yaml --ask"],
    run: async (input) => (await import("./_doctor.ts")).doctor(input),
  },
  {
    name: "plan",
    summary: "say in words what another config would change",
    options: {
      config: { value: "FILE", help: "the other config" },
      from: { value: "FILE", help: "the one in force (or LLM_PROXY_CONFIG)" },
      json: { help: "as a list in JSON" },
    },
    examples: ["plan --config new.yaml --from config.yaml"],
    run: async (input) => (await import("./_config_commands.ts")).plan(input),
  },
  {
    name: "apply",
    summary: "check another config and put it in force",
    options: {
      config: { value: "FILE", help: "the other config" },
      to: {
        value: "FILE",
        help: "the file that the service reads (or LLM_PROXY_CONFIG)",
      },
      json: JSON_OPTION,
    },
    examples: ["apply --config new.yaml --to /etc/llm-proxy/config.yaml"],
    run: async (input) => (await import("./_config_commands.ts")).apply(input),
  },
  {
    name: "history",
    summary: "list the last ten configs that were in force",
    options: { state: STATE, json: { help: "as a list in JSON" } },
    examples: ["history", "history --state /var/lib/llm-proxy"],
    run: async (input) =>
      (await import("./_config_commands.ts")).history(input),
  },
  {
    name: "rollback",
    summary: "put a config back that was in force, the one before unless told",
    words: "[VERSION]",
    options: {
      state: STATE,
      to: {
        value: "FILE",
        help: "the file that the service reads (or LLM_PROXY_CONFIG)",
      },
      json: JSON_OPTION,
    },
    examples: ["rollback --to config.yaml", "rollback 3f2a --to config.yaml"],
    run: async (input) =>
      (await import("./_config_commands.ts")).rollback(input),
  },
  {
    name: "logs",
    summary: "show the last requests of a gateway that runs",
    options: {
      follow: { short: "f", help: "go on with those that come" },
      filter: {
        value: "NAME=VALUE,…",
        help:
          "by id, key, model, provider, route, status, since, until, min_duration, min_cost, error",
      },
      limit: { value: "NUMBER", help: "how many, instead of 50" },
      json: { help: "all of them, as lines of JSON" },
      csv: { help: "all of them, for a spreadsheet" },
      url: {
        value: "URL",
        help: "where it is, instead of http://127.0.0.1:8000 or the config's",
      },
      config: CONFIG,
    },
    examples: [
      "logs --follow",
      "logs --filter status=5xx,since=15m",
      "logs --filter 'model=gpt-*,min_duration=10' --csv > slow.csv",
    ],
    run: async (input) => (await import("./_logs.ts")).logs(input),
  },
  {
    name: "keys",
    summary: "make, list, rotate, disable, enable and delete callers' keys",
    words: "create NAME|list|rotate ID|disable ID|enable ID|delete ID",
    options: {
      state: STATE,
      team: { value: "NAME", help: "the team that pays for it" },
      user: { value: "NAME", help: "whose key it is" },
      organisation: { value: "NAME", help: "that the team belongs to" },
      role: { value: "ROLE", help: "client, viewer, operator or admin" },
      models: {
        value: "LIST",
        help: "what it may ask for, as gpt-5*,claude-*",
      },
      routes: { value: "LIST", help: "what it may use, as /v1/chat/*" },
      ips: { value: "LIST", help: "where from, as 10.0.0.0/8" },
      limits: { value: "LIST", help: "its own, as 100/minute,8 concurrent" },
      budget: { value: "USD/PERIOD", help: "what may be spent, as 20/day" },
      losses: { value: "WORD", help: "allow, or refuse what gets lost" },
      expires: { value: "TIME", help: "as 2027-01-31T00:00:00Z" },
      grace: { value: "SECONDS", help: "the old secret is good for so long" },
      json: JSON_OPTION,
    },
    examples: [
      "keys create alice --team research --limits 100/minute",
      "keys list --json",
      "keys rotate key_0123456789abcdef01234567 --grace 3600",
    ],
    run: async (input) => (await import("./_key_commands.ts")).keys(input),
  },
  {
    name: "permissions",
    summary: "print the Deno permissions that a config needs",
    options: {
      config: CONFIG,
      state: STATE,
      workers: { value: "NUMBER", help: "for a service of so many processes" },
      json: { help: "as a list in JSON" },
    },
    examples: [
      "permissions --config config.yaml",
      "permissions --config config.yaml --workers 2",
    ],
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
      json: { help: "the units as a list in JSON" },
    },
    examples: [
      "install --dry-run",
      "install --apply --config /etc/llm-proxy/config.yaml",
    ],
    run: async (input) => (await import("./_install.ts")).install(input),
  },
  {
    // How a compiled program has a state file looked at; see checkStateFile.
    // Without one, a unit's first step, which may run what the service may not.
    name: "check-state",
    summary:
      "look at a state file, and die of it where it is corrupt; without one, put the service's aside then",
    words: "[FILE]",
    options: { state: STATE },
    examples: [
      "check-state state.kv",
      "check-state --state /var/lib/llm-proxy",
    ],
    hidden: true,
    run: async ({ words: [file], values }) => {
      if (file === undefined) {
        return await (await import("./_check_state.ts")).checkState(values);
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
