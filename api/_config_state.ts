import type { ConfigOutput } from "./config_schema.ts";
import type { StateConfig } from "./config_types_state.ts";
import { type Data, mapIn } from "./_config_data.ts";
import { readVariable } from "./_config_env.ts";
import type { PathProblem } from "./_config_issues.ts";
import type { ConfigSources } from "./_config_sources.ts";
import {
  isRedisUrl,
  STATE_TOKEN_VARIABLE,
  stateDatabase,
} from "./_state_url.ts";

/** The variable that the secret of a database is in. */
function variableOf(url: unknown): string {
  const database = stateDatabase(String(url));
  return typeof database === "string"
    ? STATE_TOKEN_VARIABLE
    : database.variable;
}

/** What spans several keys of `state`. */
export function checkState(
  root: Data,
  { sources: { env }, problems }: {
    readonly sources: ConfigSources;
    readonly problems: PathProblem[];
  },
): void {
  const { url, token } = mapIn(root.state);
  const note = (key: string, message: string): void =>
    void problems.push({ path: ["state", key], key: true, message });
  if (url === undefined) {
    if (token !== undefined) note("token", "state.token needs state.url");
    return;
  }
  // A Redis may be without a password.
  if (token !== undefined || isRedisUrl(String(url))) return;
  const read = readVariable(STATE_TOKEN_VARIABLE, env);
  if ("value" in read) return;
  note("url", `state.url needs state.token beside it: ${read.message}`);
}

/** Where paths lead, and which token is meant. */
export function finishState(
  { path, url, token }: ConfigOutput["state"],
  { env, resolve }: ConfigSources,
): StateConfig {
  if (url !== undefined) {
    return { url, token: token ?? (env(variableOf(url)) || undefined) };
  }
  if (path === undefined) return {};
  return { path: path === "memory" ? path : resolve(path) };
}
