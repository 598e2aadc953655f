import {
  checkOrder,
  type Data,
  listIn,
  mapIn,
  repeatedIn,
} from "./_config_data.ts";
import { readVariable } from "./_config_env.ts";
import type { PathProblem } from "./_config_issues.ts";
import { cloudFaults, cloudOf } from "./_config_cloud.ts";
import { keyVariable } from "./_config_provider_keys.ts";
import { proxyFault } from "./_config_proxy.ts";
import { TYPES_WITHOUT_ADDRESS } from "./_config_provider_types.ts";
import type { ConfigSources } from "./_config_sources.ts";
import { checkTlsFiles } from "./_config_tls_files.ts";
import { secretFault } from "./_config_texts.ts";
import { checkWire } from "./_config_wire_checks.ts";

type Problems = PathProblem[];

/** What {@linkcode checkProviders} needs. */
export interface CheckProvidersOptions {
  readonly sources: ConfigSources;
  /** Where to note what is wrong. */
  readonly problems: PathProblem[];
}

/** What spans several providers or several keys of one. */
export function checkProviders(
  entries: readonly unknown[],
  { sources, problems }: CheckProvidersOptions,
): void {
  const names = new Set<unknown>();
  let forced = false;
  entries.forEach((entry, index) => {
    const provider = mapIn(entry);
    const at = (key: string) => ["providers", index, key];
    const name = provider.name ?? provider.type;
    if (typeof name === "string" && names.has(name)) {
      problems.push({
        path: at(provider.name === undefined ? "type" : "name"),
        message: provider.name === undefined
          ? "A second provider of this type needs a name of its own"
          : "Another provider has this name already",
      });
    }
    names.add(name);
    if (provider.forced === true && forced) {
      problems.push({
        path: at("forced"),
        message: "Another provider is forced already: at most one may be",
      });
    }
    forced ||= provider.forced === true;
    if (
      typeof provider.type === "string" && provider.base_url === undefined &&
      TYPES_WITHOUT_ADDRESS.has(provider.type)
    ) {
      problems.push({
        path: at("base_url"),
        message: `A provider of type ${provider.type} needs a base_url`,
      });
    }
    for (const { key, message } of cloudFaults(provider, sources)) {
      problems.push({ path: at(key), message });
    }
    checkCredential(provider, at, { sources, problems });
    checkHeaderNames(mapIn(provider.custom_headers), at, problems);
    checkModels(listIn(provider.models), at, problems);
    checkConcurrency(provider.concurrency, at, problems);
    checkWire(provider, { path: ["providers", index], problems });
    const fault = proxyFault(
      { ...provider, ...cloudOf(provider, sources) },
      sources.env,
    );
    if (fault !== undefined) {
      const key = provider.base_url === undefined ? "type" : "base_url";
      problems.push({ path: at(key), message: fault });
    }
    checkTlsFiles(provider, {
      sources,
      problems,
      path: ["providers", index],
    });
    checkOrder(provider, {
      problems,
      path: [...at("max_keepalive_connections"), "max_connections"],
    });
  });
}

function checkCredential(
  provider: Data,
  at: (key: string) => (string | number)[],
  { sources, problems }: CheckProvidersOptions,
): void {
  const { api_key_env: named, enabled } = provider;
  checkPool(provider, at, problems);
  const name = keyVariable(provider, sources.env);
  if (name === undefined || name === "") return;
  if (provider.api_keys !== undefined) return;
  if (provider.api_key !== undefined) {
    problems.push({
      path: at("api_key_env"),
      key: true,
      message: "Give either api_key or api_key_env, not both",
    });
    return;
  }
  if (enabled === false) return;
  const path = at(named === undefined ? "type" : "api_key_env");
  const read = readVariable(name, sources.env);
  if ("message" in read && named === undefined) {
    const message = `${read.message}: set it, or give api_key or api_key_env`;
    problems.push({ path, message });
    return;
  }
  if ("message" in read) {
    // Whoever puts the key itself here must not find it in a log.
    const told = /^[A-Z][A-Z0-9_]{0,127}$/.test(name)
      ? read.message
      : "The environment variable is not set";
    problems.push({ path, message: told });
    return;
  }
  const reason = secretFault(read.value);
  if (reason !== undefined) {
    problems.push({ path, message: `The variable's value ${reason}` });
  }
}

/** A pool is all the keys there are, each of them once. */
function checkPool(
  provider: Data,
  at: (key: string) => (string | number)[],
  problems: Problems,
): void {
  if (provider.api_keys === undefined) return;
  const path = at("api_keys");
  if (provider.api_key !== undefined || provider.api_key_env !== undefined) {
    const message = "Give one of api_key, api_key_env and api_keys";
    problems.push({ path, key: true, message });
  }
  for (const index of repeatedIn(listIn(provider.api_keys))) {
    const message = "api_keys holds this key already";
    problems.push({ path: [...path, index], message });
  }
}

function checkModels(
  models: readonly unknown[],
  at: (key: string) => (string | number)[],
  problems: Problems,
): void {
  const names = models.map((entry) =>
    typeof entry === "string" ? entry : mapIn(entry).name
  );
  for (const index of repeatedIn(names)) {
    const isName = typeof models[index] === "string";
    const path = [...at("models"), index, ...isName ? [] : ["name"]];
    problems.push({ path, message: "models holds this name already" });
  }
}

function checkConcurrency(
  value: unknown,
  at: (key: string) => (string | number)[],
  problems: Problems,
): void {
  if (typeof value !== "object" || value === null) return;
  const { max, adaptive } = mapIn(value);
  if (max !== undefined || adaptive !== undefined && adaptive !== false) {
    return;
  }
  const message = "concurrency limits nothing without max or adaptive: true";
  problems.push({ path: at("concurrency"), key: true, message });
}

function checkHeaderNames(
  headers: Data,
  at: (key: string) => (string | number)[],
  problems: Problems,
): void {
  const names = new Set<string>();
  for (const name of Object.keys(headers)) {
    const folded = name.toLowerCase();
    if (names.has(folded)) {
      problems.push({
        path: [...at("custom_headers"), name],
        key: true,
        message: "A header that this map holds already: case does not count",
      });
    }
    names.add(folded);
  }
}
