import { checkOrder, type Data, mapIn } from "./_config_data.ts";
import { type EnvReader, readVariable } from "./_config_env.ts";
import type { PathProblem } from "./_config_issues.ts";
import { keyVariable } from "./_config_provider_keys.ts";
import { TYPES_WITHOUT_ADDRESS } from "./_config_provider_types.ts";
import { secret } from "./_config_values.ts";

type Problems = PathProblem[];

/** What {@linkcode checkProviders} needs. */
export interface CheckProvidersOptions {
  readonly env: EnvReader;
  /** Where to note what is wrong. */
  readonly problems: PathProblem[];
}

/** What spans several providers or several keys of one. */
export function checkProviders(
  entries: readonly unknown[],
  { env, problems }: CheckProvidersOptions,
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
    checkCredential(provider, at, { env, problems });
    checkHeaderNames(mapIn(provider.custom_headers), at, problems);
    checkOrder(provider, {
      problems,
      path: [...at("max_keepalive_connections"), "max_connections"],
    });
  });
}

function checkCredential(
  provider: Data,
  at: (key: string) => (string | number)[],
  { env, problems }: CheckProvidersOptions,
): void {
  const { api_key_env: named, enabled } = provider;
  const name = keyVariable(provider);
  if (name === undefined || name === "") return;
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
  const read = readVariable(name, env);
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
  const reason = secret(1).safeParse(read.value).error?.issues[0]?.message;
  if (reason !== undefined) {
    problems.push({ path, message: `The variable's value ${reason}` });
  }
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
