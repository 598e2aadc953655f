import * as z from "@zod/zod";
import type { ConfigOutput } from "./config_schema.ts";
import type { StateConfig } from "./config_types_state.ts";
import { type Data, mapIn } from "./_config_data.ts";
import { readVariable } from "./_config_env.ts";
import type { PathProblem } from "./_config_issues.ts";
import type { ConfigSources } from "./_config_sources.ts";
import { isPlainUrl, line, secret } from "./_config_values.ts";
import {
  isRedisUrl,
  STATE_TOKEN_VARIABLE,
  stateDatabase,
} from "./_state_url.ts";

/** `state` */
export const state = z.strictObject({
  path: line(1024).optional().describe(
    "The directory for what a restart must not lose, or memory.",
  ),
  url: z.string().max(2048).refine(
    isStateAddress,
    "must be a URL of http, https, redis or rediss without password, query or fragment",
  ).optional().describe(
    "Redis, Valkey or a database that speaks KV Connect; path is not used then.",
  ),
  token: secret(1).optional().describe(
    "The token or password for url; DENO_KV_ACCESS_TOKEN or REDIS_PASSWORD by default.",
  ),
}).prefault({}).describe("Where the service keeps its state.");

function isStateAddress(text: string): boolean {
  return isRedisUrl(text)
    ? typeof stateDatabase(text) !== "string"
    : isPlainUrl(text);
}

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
