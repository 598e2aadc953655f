import { providerTypes } from "@llm-proxy/core";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CliInput } from "./_cli.ts";
import type { Config } from "./config_types.ts";
import { environmentProxy } from "./_environment_proxy.ts";
import { telemetryConfig } from "./_open_telemetry.ts";
import { configFile, fromEnvironment, load } from "./_load_config.ts";
import { variableOrCredential } from "./_credentials.ts";
import { statePlace } from "./_state_place.ts";
import { FAULT, print, tell, USAGE } from "./_terminal.ts";
import { workersWanted } from "./_workers_wanted.ts";
import { socketFiles, workerSockets } from "./_worker_sockets.ts";

/** Where a service keeps what is its own. */
export interface Places {
  /** The config file, if there is one. */
  readonly config?: string | undefined;
  /** Directories that it writes to. */
  readonly writes: readonly string[];
  /** Sockets of the file system that it speaks through. */
  readonly sockets: readonly string[];
  /** Programs that it runs. @default {none} */
  readonly programs?: readonly string[];
  /** The URL of the database that its state is in, where the config does not say. */
  readonly state?: string | undefined;
}

/**
 * The flags of `deno run` that a config needs and no more: connections go to
 * its hosts only, and files are read and written in its own places only; of the
 * system it learns how much memory there is. No program is run but its own kind,
 * and no foreign code called.
 */
export function permissionFlags(
  config: Config,
  { config: file, writes, sockets, programs = [], state = config.state.url }:
    Places,
): string[] {
  const { host, port, admin } = config.server;
  const net = new Set([
    join(host, String(port)),
    ...admin === undefined ? [] : [join(admin.host, String(admin.port))],
    ...neededHosts(config),
    ...sockets.map((path) => `unix:${path}`),
    ...urlHost(state),
    ...webhookHosts(config),
    ...reachedHosts(config.auth.jwt?.jwks_url),
  ]);
  const log = config.logging.file;
  const own = [...writes, ...log === undefined ? [] : [dirname(resolve(log))]];
  const read = [
    ...sources(),
    ...file === undefined ? [] : [dirname(resolve(file))],
    ...own,
  ];
  return [
    `--allow-net=${[...net].join(",")}`,
    "--allow-env",
    "--allow-sys=systemMemoryInfo",
    ...read.length > 0 ? [`--allow-read=${[...new Set(read)].join(",")}`] : [],
    ...own.length > 0 ? [`--allow-write=${[...new Set(own)].join(",")}`] : [],
    ...programs.length > 0 ? [`--allow-run=${programs.join(",")}`] : [],
    "--no-prompt",
  ];
}

/** The folder of the program's modules, which it reads when it first needs them; none where it is one file. */
function sources(): string[] {
  const { protocol } = new URL(import.meta.url);
  return protocol === "file:" && import.meta.url.endsWith(".ts")
    ? [fileURLToPath(new URL("../", import.meta.url)).replace(/\/$/, "")]
    : [];
}

/** `permissions`: prints the flags that a config needs. */
export async function permissions(
  { values, switches }: CliInput,
): Promise<number> {
  const file = configFile(values.get("config"));
  const loaded = await (file ? load(file) : fromEnvironment());
  if (typeof loaded === "number") return loaded;
  const workers = workersWanted(values.get("workers"));
  if (typeof workers === "string") return tell(`llm-proxy: ${workers}`, USAGE);
  const place = statePlace({
    option: values.get("state"),
    env: variableOrCredential(),
    config: loaded.config.state,
    mayWrite: () => true,
  });
  if (typeof place === "string") return tell(`llm-proxy: ${place}`, FAULT);
  const directory = Deno.env.get("RUNTIME_DIRECTORY");
  const sockets = workers > 1
    ? workerSockets(place, { directory, isBounded: true })
    : undefined;
  if (typeof sockets === "string") return tell(`llm-proxy: ${sockets}`, FAULT);
  const { location } = place;
  const own = location.type === "file" ? [location.directory] : [];
  const flags = permissionFlags(loaded.config, {
    config: file,
    writes: sockets?.directory ? [...own, sockets.directory] : own,
    sockets: sockets ? socketFiles(sockets, workers) : [],
    ...workers > 1 && { programs: ["deno"] },
    ..."url" in location && { state: location.url },
  });
  return print(
    switches.has("json")
      ? `${JSON.stringify(flags, null, 2)}\n`
      : `${flags.join(" ")}\n`,
  );
}

/** The hosts that a config has the service connect to, each with its port. */
export function neededHosts(config: Config): string[] {
  const on = config.providers.filter(({ enabled }) => enabled);
  return [...new Set([...on.flatMap(hostsOf), ...collectorHosts(config)])];
}

function collectorHosts(config: Config): string[] {
  const telemetry = telemetryConfig(config);
  return [telemetry?.tracesUrl, telemetry?.metricsUrl].flatMap(urlHost);
}

function webhookHosts(
  { budget_alerts: alerts, guardrails }: Config,
): string[] {
  return [
    ...reachedHosts(alerts?.url),
    ...guardrails.flatMap((it) =>
      it.type === "webhook" ? reachedHosts(it.url) : []
    ),
  ];
}

/** The host of an address, and the environment's proxy on the way to it. */
function reachedHosts(url: string | undefined): string[] {
  if (url === undefined) return [];
  return [...urlHost(url), ...urlHost(environmentProxy(url).proxy)];
}

/** A provider's own host, and the proxy on the way to it. */
function hostsOf(
  { type, base_url: url, proxy }: Config["providers"][number],
): string[] {
  const own = url ?? providerTypes.get(type)?.baseUrl;
  return [...urlHost(own), ...urlHost(proxy)];
}

const USUAL_PORTS: ReadonlyMap<string, string> = new Map([
  ["https:", "443"],
  ["redis:", "6379"],
  ["rediss:", "6379"],
]);

function urlHost(text: string | undefined): string[] {
  const url = text === undefined ? null : URL.parse(text);
  if (url === null || url.hostname === "" || url.protocol === "mock:") {
    return [];
  }
  const usual = USUAL_PORTS.get(url.protocol) ?? "80";
  return [join(url.hostname, url.port || usual)];
}

function join(host: string, port: string): string {
  return host.includes(":") && !host.startsWith("[")
    ? `[${host}]:${port}`
    : `${host}:${port}`;
}
