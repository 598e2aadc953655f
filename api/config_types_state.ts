/**
 * Where the service keeps what a restart must not lose. With nothing given it
 * is a directory of the system's or the user's; see the README.
 *
 * @example Without a config
 * ```ts
 * import { defaultConfig, type StateConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const state: StateConfig = defaultConfig().state;
 * assertEquals(state.path, undefined);
 * ```
 */
export interface StateConfig {
  /** The directory of the state file, or `memory`: as long as the process lasts. */
  readonly path?: string | undefined;
  /** Redis, Valkey or a database that speaks KV Connect, for several machines; `path` is not used then. */
  readonly url?: string | undefined;
  /** The token or password for `url`. @default {the variable DENO_KV_ACCESS_TOKEN or REDIS_PASSWORD} */
  readonly token?: string | undefined;
}
