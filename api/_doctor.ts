import { openStateStore, type StateLocation } from "@llm-proxy/context";
import {
  checkProvider,
  type Provider,
  ProviderFactory,
  providerTypes,
} from "@llm-proxy/core";
import type { CliInput } from "./_cli.ts";
import type { Config } from "./config_types.ts";
import { variableOrCredential } from "./_credentials.ts";
import { isLoopback } from "./_config_loopback.ts";
import {
  addresses,
  clock,
  type Finding,
  limits,
  permitted,
} from "./_doctor_host.ts";
import { configFile, fromEnvironment, load } from "./_load_config.ts";
import { providerSettings } from "./_provider_settings.ts";
import { mayKeepFiles, statePlace } from "./_state_place.ts";
import { FAULT, print } from "./_terminal.ts";

/** `doctor`: looks at everything that a start relies on, and says what to do. */
export async function doctor({ values, switches }: CliInput): Promise<number> {
  const file = configFile(values.get("config"));
  const loaded = await (file ? load(file) : fromEnvironment());
  if (typeof loaded === "number") return loaded;
  const { config } = loaded;
  const asked = switches.has("ask")
    ? await providers(config)
    : { findings: [], dates: [] };
  const findings = [
    configFinding(file),
    ...credentials(config),
    ...loaded.off.map(({ name, reason }) => offFinding(name, reason)),
    ...addresses(config),
    ...permitted(config),
    await store(config, values.get("state")),
    ...limits(),
    ...asked.findings,
    clock({ told: asked.dates, written: await writtenAt(file) }),
  ];
  if (switches.has("json")) print(`${JSON.stringify(findings, null, 2)}\n`);
  else for (const finding of findings) print(lineOf(finding));
  return findings.some(({ is }) => is === "fault") ? FAULT : 0;
}

function lineOf({ is, what, advice }: Finding): string {
  return `${is.padEnd(5)} ${what}${advice ? `\n      → ${advice}` : ""}\n`;
}

function configFinding(file: string | undefined): Finding {
  const what = file === undefined
    ? "config: none, the environment decides"
    : `config: ${file} has no faults`;
  return { is: "ok", what };
}

function offFinding(name: string, reason: string): Finding {
  return { is: "ok", what: `provider ${name}: off, ${reason}` };
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

/** Asks each provider for its models: one cheap call; tells their clocks too. */
async function providers(
  config: Config,
): Promise<{ readonly findings: Finding[]; readonly dates: string[] }> {
  const factory = new ProviderFactory();
  const dates: string[] = [];
  try {
    const findings = await Promise.all(
      config.providers.filter(({ enabled }) => enabled).map((entry) =>
        ask(factory.create(providerSettings(entry, config)), dates)
      ),
    );
    return { findings, dates };
  } finally {
    factory.close();
  }
}

async function ask(provider: Provider, dates: string[]): Promise<Finding> {
  const { transport } = provider;
  const { signal } = new AbortController();
  const failure = await checkProvider({
    ...provider,
    transport: {
      async send(request, options) {
        const response = await transport.send(request, options);
        const { date } = response.headers;
        if (date !== undefined) dates.push(date);
        return response;
      },
      close: () => transport.close(),
    },
  }, { signal });
  const what = `provider ${provider.name}: ${failure?.code ?? "answers"}`;
  if (failure === undefined) return { is: "ok", what };
  return {
    is: "fault",
    what,
    advice: failure.failureClass === "credential"
      ? "its key is refused: put a valid one in its variable"
      : `look whether ${provider.baseUrl} can be reached from here`,
  };
}

/** When a file was written, where the system tells. */
async function writtenAt(file: string | undefined): Promise<Date | null> {
  if (file === undefined) return null;
  const info = await Deno.stat(file).catch(() => undefined);
  return info?.mtime ?? null;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0] ?? "";
}
