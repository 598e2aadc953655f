import type { CliInput } from "./_cli.ts";
import type { Config } from "./config_types.ts";
import { variableOrCredential } from "./_credentials.ts";
import { configFile, fromEnvironment, load } from "./_load_config.ts";
import { isOpenToOthers, keyless } from "./_open_to_others.ts";
import { telemetryFault } from "./_open_telemetry.ts";
import { runService } from "./_run_service.ts";
import { mayKeepFiles, statePlace } from "./_state_place.ts";
import { FAULT, tell, USAGE } from "./_terminal.ts";
import { ownCommandLine, workerRole } from "./_worker.ts";
import { workerSockets } from "./_worker_sockets.ts";
import { workersWanted } from "./_workers_wanted.ts";

/** `start`: reads what is wanted, and serves alone or by several workers. */
export async function start({ values }: CliInput): Promise<number> {
  const port = values.get("port");
  if (port !== undefined && !isPort(port)) {
    return tell(
      `llm-proxy: --port must be a number from 0 to 65535, not '${port}' (see --help)`,
      USAGE,
    );
  }
  const workers = workersWanted(values.get("workers"));
  if (typeof workers === "string") return tell(`llm-proxy: ${workers}`, USAGE);
  const file = configFile(values.get("config"));
  const loaded = await (file ? load(file) : fromEnvironment());
  if (typeof loaded === "number") return loaded;
  const config: Config = {
    ...loaded.config,
    server: {
      ...loaded.config.server,
      host: values.get("host") ?? loaded.config.server.host,
      port: port === undefined ? loaded.config.server.port : Number(port),
    },
  };
  const { host } = config.server;
  if (isOpenToOthers(host, config)) return tell(keyless(host), FAULT);
  const unsent = telemetryFault(config);
  if (unsent !== undefined) return tell(`llm-proxy: ${unsent}`, FAULT);
  const place = statePlace({
    option: values.get("state"),
    env: variableOrCredential(),
    config: config.state,
    mayWrite: mayKeepFiles,
  });
  if (typeof place === "string") return tell(`llm-proxy: ${place}`, FAULT);
  const role = workerRole();
  if (workers > 1 && role === undefined) {
    const [program = ""] = ownCommandLine({ config, file, place });
    const { state } = Deno.permissions.querySync({
      name: "run",
      command: program,
    });
    if (state !== "granted") {
      return tell(
        `llm-proxy: --workers has to start others like itself: allow --allow-run=${program}`,
        FAULT,
      );
    }
    const sockets = workerSockets(place, {
      directory: Deno.env.get("RUNTIME_DIRECTORY"),
      isBounded: Deno.permissions.querySync({ name: "net" }).state !==
        "granted",
    });
    if (typeof sockets === "string") {
      return tell(`llm-proxy: ${sockets}`, FAULT);
    }
    const { supervise } = await import("./_supervisor.ts");
    return await supervise({ workers, sockets, config, file, place });
  }
  return await runService({
    config,
    file,
    loaded,
    place,
    role,
    argued: ["host", "port"].filter((it) => values.has(it))
      .map((it) => `server.${it}`),
  });
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) < 65536;
}
