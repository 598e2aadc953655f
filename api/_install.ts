import { join, resolve } from "node:path";
import type { CliInput } from "./_cli.ts";
import type { Config } from "./config_types.ts";
import { configFile, load } from "./_load_config.ts";
import { RUN_FLAGS } from "./_engine_flags.ts";
import { permissionFlags } from "./_permissions.ts";
import { FAULT, print, tell, USAGE } from "./_terminal.ts";
import { serviceUnit, socketUnit } from "./_unit.ts";

const UNITS = "/etc/systemd/system";
const CONFIG = "/etc/llm-proxy/config.yaml";
/** What the unit gives the service to write to, and where it tells systemd how it does. */
const WRITES = [
  "/var/lib/llm-proxy",
  "/run/llm-proxy",
  "/run/systemd/notify",
];
const SOCKETS = ["/run/llm-proxy/notify", "/run/systemd/notify"];

/** `install`: prints the units, or writes and enables them. */
export async function install(
  { values, switches }: CliInput,
): Promise<number> {
  if (switches.has("apply") && switches.has("dry-run")) {
    return tell("llm-proxy: install takes --dry-run or --apply", USAGE);
  }
  const file = resolve(configFile(values.get("config")) ?? CONFIG);
  const loaded = await load(file);
  if (typeof loaded === "number") return loaded;
  const { config } = loaded;
  const { host, port } = config.server;
  const directory = values.get("directory") ?? UNITS;
  const units = [
    [
      "llm-proxy.service",
      serviceUnit({ ...ownCommands(config, file), config: file }),
    ],
    [
      "llm-proxy.socket",
      socketUnit(`${host.includes(":") ? `[${host}]` : host}:${port}`),
    ],
  ] as const;
  const isJson = switches.has("json");
  const list = units.map(([name, text]) => ({
    path: join(directory, name),
    text,
  }));
  if (isJson) print(`${JSON.stringify(list, null, 2)}\n`);
  if (!switches.has("apply")) {
    if (isJson) return 0;
    for (const { path, text } of list) print(`# ${path}\n${text}\n`);
    return 0;
  }
  try {
    for (const { path, text } of list) {
      await Deno.writeTextFile(path, text);
      if (!isJson) print(`wrote ${path}\n`);
    }
    for (
      const args of [["daemon-reload"], [
        "enable",
        "llm-proxy.socket",
        "llm-proxy.service",
      ]]
    ) {
      const { success, stderr } = await new Deno.Command("systemctl", { args })
        .output();
      if (!success) {
        return tell(
          `llm-proxy: systemctl ${args[0]}: ${
            new TextDecoder().decode(stderr).trim()
          }`,
          FAULT,
        );
      }
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return tell(`llm-proxy: cannot install: ${message.split("\n")[0]}`, FAULT);
  }
  if (isJson) return 0;
  return print(
    "enabled; start it with: systemctl start llm-proxy.socket llm-proxy\n",
  );
}

/** The commands by which this very program starts, and looks at its state before. */
function ownCommands(
  config: Config,
  file: string,
): { readonly command: string; readonly check?: string } {
  const deno = Deno.execPath();
  if (Deno.build.standalone) return { command: deno };
  const program = new URL(Deno.mainModule).pathname;
  const [state = ""] = WRITES;
  const flags = permissionFlags(config, {
    config: file,
    writes: WRITES,
    sockets: SOCKETS,
  });
  const start = [deno, "run", ...RUN_FLAGS];
  const own = [
    "--no-prompt",
    "--allow-env",
    `--allow-read=${state}`,
    `--allow-write=${state}`,
    `--allow-run=${deno}`,
  ];
  return {
    command: [...start, ...flags, program].join(" "),
    check: [...start, ...own, program, "check-state"].join(" "),
  };
}
