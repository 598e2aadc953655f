import { checkOrder, type Data, listIn, mapIn } from "./_config_data.ts";
import type { PathProblem } from "./_config_issues.ts";
import { checkFlags } from "./_config_flag_checks.ts";
import { defaultKeyName } from "./_config_key_name.ts";
import { isLoopback } from "./_config_loopback.ts";
import { checkCondensing } from "./_config_condense_checks.ts";
import { checkChaos } from "./_config_chaos_checks.ts";
import { checkGuardrails } from "./_config_guardrail_checks.ts";
import { checkProviders } from "./_config_provider_checks.ts";
import { checkRequestLog } from "./_config_request_log_section.ts";
import { checkRoutes } from "./_config_route_checks.ts";
import { checkState } from "./_config_state.ts";
import type { ConfigSources } from "./_config_sources.ts";

type Problems = PathProblem[];

/**
 * What spans several keys. It reads the raw data, so that it has its say
 * beside the schema and all problems are told at once.
 */
export function crossCheck(
  data: unknown,
  sources: ConfigSources,
): PathProblem[] {
  const problems: Problems = [];
  const root = mapIn(data);
  checkHost(root, problems);
  checkKeys(listIn(mapIn(root.auth).api_keys), problems);
  checkProviders(listIn(root.providers), { sources, problems });
  checkRoutes(listIn(root.routes), problems);
  for (const section of ["logging", "cache"]) {
    checkPair(mapIn(root[section]), section, problems);
  }
  checkRotation(mapIn(root.logging), problems);
  checkState(root, { sources, problems });
  checkRequestLog(root, problems);
  const server = { max_body_mb: 32, ...mapIn(root.server) };
  checkOrder(server, {
    problems,
    path: ["server", "max_body_mb", "max_held_mb"],
  });
  checkOrder(mapIn(root.http_client), {
    problems,
    path: ["http_client", "max_keepalive_connections", "max_connections"],
  });
  checkOrder(mapIn(root.memory), {
    problems,
    path: ["memory", "gc_threshold_percent", "max_usage_percent"],
  });
  checkOrder(mapIn(root.health_check), {
    problems,
    path: ["health_check", "timeout", "interval"],
  });
  checkLevels(listIn(root.budgets), {
    problems,
    place: ["budgets"],
    what: "budget",
  });
  checkLevels(listIn(mapIn(root.rate_limit).rules), {
    problems,
    place: ["rate_limit", "rules"],
    what: "limit",
  });
  checkChaos(root, problems);
  checkCondensing(root, problems);
  checkFlags(root, problems);
  checkGuardrails(root, problems);
  return problems;
}

/** Safe by default: nobody but the machine itself gets in without a key. */
function checkHost(root: Data, problems: Problems): void {
  const { host } = mapIn(root.server);
  if (typeof host !== "string" || isLoopback(host)) return;
  const auth = mapIn(root.auth);
  if (listIn(auth.api_keys).length > 0 || auth.jwt !== undefined) return;
  problems.push({
    path: ["server", "host"],
    message:
      "server.host may be 127.0.0.1, ::1 or localhost: the gateway refuses any other address until there is a key in auth.api_keys",
  });
}

function checkKeys(entries: readonly unknown[], problems: Problems): void {
  const keys = new Set<unknown>();
  const names = new Set<unknown>();
  entries.forEach((entry, index) => {
    const path = ["auth", "api_keys", index];
    const named = typeof entry === "object" && entry !== null;
    const key = named ? mapIn(entry).key : entry;
    const name = named ? mapIn(entry).name : defaultKeyName(index);
    if (typeof key === "string" && keys.has(key)) {
      const message = "auth.api_keys holds this key already";
      problems.push({ path: named ? [...path, "key"] : path, message });
    }
    if (typeof name === "string" && names.has(name)) {
      const message = "auth.api_keys holds this name already";
      problems.push({ path: named ? [...path, "name"] : path, message });
    }
    keys.add(key);
    names.add(name);
  });
}

/** Refusals, sums and metrics go by a budget's or a rule's name. */
function checkLevels(
  entries: readonly unknown[],
  { problems, place, what }: {
    readonly problems: Problems;
    readonly place: readonly string[];
    readonly what: string;
  },
): void {
  const names = new Set<unknown>();
  entries.forEach((entry, index) => {
    const { name, per, of } = mapIn(entry);
    const path = [...place, index];
    if (typeof name === "string" && names.has(name)) {
      const message = `${place.join(".")} holds this name already`;
      problems.push({ path: [...path, "name"], message });
    }
    names.add(name);
    if (per === "all" && of !== undefined && of !== "*") {
      const message = `a ${what} for all has no name of one: leave this out`;
      problems.push({ path: [...path, "of"], message });
    }
  });
}

function checkRotation({ file, rotation }: Data, problems: Problems): void {
  if (rotation === undefined || file !== undefined) return;
  problems.push({
    path: ["logging", "rotation"],
    key: true,
    message: "logging.rotation needs logging.file beside it",
  });
}

/** A module without an export, or an export without a module, replaces nothing. */
function checkPair(data: Data, section: string, problems: Problems): void {
  for (const [one, other] of [["module", "class"], ["class", "module"]]) {
    if (one === undefined || other === undefined) continue;
    if (data[one] !== undefined && data[other] === undefined) {
      const message = `${section}.${one} needs ${section}.${other} beside it`;
      problems.push({ path: [section, one], key: true, message });
    }
  }
}
