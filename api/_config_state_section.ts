import * as z from "@zod/zod";
import type { ConfigOutput } from "./config_schema.ts";
import type { StateConfig } from "./config_types_state.ts";
import { type Data, mapIn } from "./_config_data.ts";
import { readVariable } from "./_config_env.ts";
import type { PathProblem } from "./_config_issues.ts";
import type { ConfigSources } from "./_config_sources.ts";
import { address, line, secret } from "./_config_values.ts";

/** Deno's own name for the token of a database that speaks KV Connect. */
export const STATE_TOKEN_VARIABLE = "DENO_KV_ACCESS_TOKEN";

/** `state` */
export const state = z.strictObject({
  path: line(1024).optional().describe(
    "The directory for what a restart must not lose, or memory.",
  ),
  url: address().optional().describe(
    "A database that speaks KV Connect; path is not used then.",
  ),
  token: secret(1).optional().describe(
    "The token for url; DENO_KV_ACCESS_TOKEN by default.",
  ),
}).prefault({}).describe("Where the service keeps its state.");

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
  if (token !== undefined) return;
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
    return { url, token: token ?? env(STATE_TOKEN_VARIABLE) };
  }
  if (path === undefined) return {};
  return { path: path === "memory" ? path : resolve(path) };
}
