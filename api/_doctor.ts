import { openStateStore, type StateLocation } from "@llm-proxy/context";
import { checkProvider, ProviderFactory, providerTypes } from "@llm-proxy/core";
import type { CliInput } from "./_cli.ts";
import type { Config } from "./config_types.ts";
import { variableOrCredential } from "./_credentials.ts";
import { isLoopback } from "./_config_loopback.ts";
import { connectionRoom } from "./_file_limit.ts";
import {
  configFile,
  fromEnvironment,
  load,
  type Loaded,
} from "./_load_config.ts";
import { isOpenToOthers, keyless } from "./_open_to_others.ts";
import { mayKeepFiles } from "./_open_state.ts";
import { providerSettings } from "./_provider_settings.ts";
import { statePlace } from "./_state_place.ts";
import { FAULT, print } from "./_terminal.ts";

/** What was found of one thing, and what to do about it. */
interface Finding {
  readonly is: "ok" | "warn" | "fault";
  readonly what: string;
  readonly advice?: string;
}

/** Descriptors below which a busy gateway runs out of them. */
const MIN_ROOM = 1_000;
/** What a gateway needs for itself under load, in bytes. */
const MIN_MEMORY = 256 * 1024 * 1024;

/** `doctor`: looks at everything that a start relies on, and says what to do. */
export async function doctor({ values, switches }: CliInput): Promise<number> {
  const file = configFile(values.get("config"));
  const loaded = await (file ? load(file) : fromEnvironment());
  if (typeof loaded === "number") return loaded;
  const { config } = loaded;
  const findings = [
    told(file, loaded),
    ...credentials(config),
    port(config),
    await store(config, values.get("state")),
    ...host(),
    ...switches.has("ask") ? await providers(config) : [],
  ];
  if (switches.has("json")) print(`${JSON.stringify(findings, null, 2)}\n`);
  else for (const finding of findings) print(lineOf(finding));
  return findings.some(({ is }) => is === "fault") ? FAULT : 0;
}

function lineOf({ is, what, advice }: Finding): string {
  return `${is.padEnd(5)} ${what}${advice ? `\n      → ${advice}` : ""}\n`;
}

function told(file: string | undefined, { notices }: Loaded): Finding {
  const what = file === undefined
    ? "config: none, the environment decides"
    : `config: ${file} has no faults`;
  return notices.length === 0
    ? { is: "ok", what }
    : { is: "warn", what, advice: notices.join("; ") };
}

/** Providers without a key that their type wants one for. */
function credentials({ providers }: Config): Finding[] {
  const on = providers.filter(({ enabled }) => enabled);
  if (on.length === 0) {
    return [{
      is: "fault",
      what: "providers: none is on",
      advice:
        "set a provider's variable, for example OPENAI_API_KEY, or list one in the config",
    }];
  }
  return on.map(({ name, type, api_keys: keys }): Finding => {
    const wanted = providerTypes.get(type)?.keyEnv;
    if (wanted === undefined || keys.length > 0) {
      return { is: "ok", what: `provider ${name}: ${keys.length} keys` };
    }
    return {
      is: "warn",
      what: `provider ${name}: no key`,
      advice: `set ${wanted[0]}, or api_key_env in its entry`,
    };
  });
}

function port(config: Config): Finding {
  const { host: hostname, port } = config.server;
  if (isOpenToOthers(hostname, config)) {
    return { is: "fault", what: keyless(hostname).replace("llm-proxy: ", "") };
  }
  try {
    Deno.listen({ hostname, port }).close();
    return { is: "ok", what: `address: ${hostname}:${port} is free` };
  } catch (error) {
    const isTaken = error instanceof Deno.errors.AddrInUse;
    return {
      is: isTaken ? "warn" : "fault",
      what: `address: cannot listen on ${hostname}:${port}`,
      advice: isTaken
        ? "the port is taken, perhaps by a gateway that runs: choose another with --port"
        : "name an address of this machine, and a port that may be had",
    };
  }
}

async function store(
  config: Config,
  option: string | undefined,
): Promise<Finding> {
  const place = statePlace({
    option,
    env: variableOrCredential(),
    config: config.state,
    mayWrite: mayKeepFiles,
  });
  if (typeof place === "string") {
    return { is: "fault", what: `state: ${place}` };
  }
  const { location, told } = place;
  if (location.type === "memory") {
    return {
      is: "warn",
      what: `state: ${told}`,
      advice:
        "a restart forgets keys, budgets and the ledger: name a directory with --state",
    };
  }
  return await tryStore(location, told);
}

async function tryStore(
  location: StateLocation,
  told: string,
): Promise<Finding> {
  try {
    const store = await openStateStore(location);
    const { mode, message } = store.status;
    await store.close();
    if (mode === "degraded") {
      return {
        is: "fault",
        what: `state ${told}: ${message}`,
        advice: "mend it, or name another place with --state",
      };
    }
    const isOpenlySent = location.type === "redis" &&
      location.url.startsWith("redis:") && !isNear(location.url);
    return isOpenlySent
      ? {
        is: "warn",
        what: `state: ${told} opens, and goes there in the clear`,
        advice: "write rediss:// where the network is not yours alone",
      }
      : { is: "ok", what: `state: ${told} opens` };
  } catch (error) {
    return { is: "fault", what: `state ${told}: ${messageOf(error)}` };
  }
}

/** Whether a URL leads to this machine. */
function isNear(url: string): boolean {
  return isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ""));
}

/** What the system allows the process. */
function host(): Finding[] {
  const room = connectionRoom();
  const files: Finding = room === undefined
    ? { is: "ok", what: "open files: the limit cannot be read here" }
    : room < MIN_ROOM
    ? {
      is: "warn",
      what: `open files: room for ${room} connections`,
      advice: "raise it with 'ulimit -n 65536' or LimitNOFILE=65536",
    }
    : { is: "ok", what: `open files: room for ${room} connections` };
  return [files, memory()];
}

function memory(): Finding {
  try {
    const { available } = Deno.systemMemoryInfo();
    const what = `memory: ${Math.round(available / 1024 / 1024)} MiB are free`;
    return available < MIN_MEMORY
      ? { is: "warn", what, advice: "a gateway under load needs 256 MiB" }
      : { is: "ok", what };
  } catch {
    return { is: "ok", what: "memory: cannot be read here" };
  }
}

/** Asks each provider for its models: one cheap call. */
async function providers(config: Config): Promise<Finding[]> {
  const factory = new ProviderFactory();
  const { signal } = new AbortController();
  try {
    return await Promise.all(
      config.providers.filter(({ enabled }) => enabled).map(
        async (entry): Promise<Finding> => {
          const provider = factory.create(providerSettings(entry, config));
          const failure = await checkProvider(provider, { signal });
          const what = `provider ${entry.name}: ${failure?.code ?? "answers"}`;
          if (failure === undefined) return { is: "ok", what };
          return {
            is: "fault",
            what,
            advice: failure.failureClass === "credential"
              ? "its key is refused: put a valid one in its variable"
              : `look whether ${provider.baseUrl} can be reached from here`,
          };
        },
      ),
    );
  } finally {
    factory.close();
  }
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0] ?? "";
}
