import type { StateLocation } from "@llm-proxy/context";
import { resolve } from "node:path";
import type { EnvReader } from "./_config_env.ts";
import type { StateConfig } from "./config_types_state.ts";
import { isStateUrl, stateDatabase } from "./_state_url.ts";

/** Where the service keeps its state. */
export interface StatePlace {
  readonly location: StateLocation;
  /** The same for people: what follows "state". */
  readonly told: string;
  /** What must not reach a log. */
  readonly token?: string | undefined;
}

/** What {@linkcode statePlace} goes by, the first that is given. */
export interface StatePlaceOptions {
  /** `--state`, before any variable. */
  readonly option?: string | undefined;
  readonly env: EnvReader;
  readonly config: StateConfig;
  /** Whether Deno lets files be read and written there. */
  readonly mayWrite: (directory: string) => boolean;
}

/**
 * Where the service keeps its state: as the arguments, the environment or the
 * config say, else where the system or the user keeps such things, else in
 * memory.
 *
 * @returns A sentence where what was asked for cannot be.
 */
export function statePlace(options: StatePlaceOptions): StatePlace | string {
  const { option, env, config } = options;
  const asked = option ?? nonEmpty(env("LLM_PROXY_STATE"));
  if (asked !== undefined) {
    // A task runs in the project's folder; the path is meant from where its caller stood.
    return asked === "memory" || isStateUrl(asked)
      ? placeOf(asked, options)
      : placeOf(resolve(env("INIT_CWD") ?? ".", asked), options);
  }
  const kv = nonEmpty(env("LLM_PROXY_KV"));
  if (kv !== undefined && !isStateUrl(kv)) {
    return "LLM_PROXY_KV must be the URL of Redis or of a database that speaks KV Connect";
  }
  const url = kv ?? config.url;
  const named = url ?? config.path;
  return named === undefined ? usualPlace(options) : placeOf(named, options);
}

/** What was asked for: there, or not at all. */
function placeOf(
  asked: string,
  { env, config, mayWrite }: StatePlaceOptions,
): StatePlace | string {
  if (asked === "memory") {
    return { location: { type: "memory" }, told: IN_MEMORY };
  }
  if (!isStateUrl(asked)) {
    return mayWrite(asked)
      ? inDirectory(asked)
      : `cannot keep state in ${asked}: ${refusalOf(asked)}`;
  }
  const database = stateDatabase(asked);
  if (typeof database === "string") {
    return `cannot keep state there: ${database}`;
  }
  const { type, told, variable } = database;
  const token = asked === config.url ? config.token : nonEmpty(env(variable));
  if (type === "redis") {
    return { location: { type, url: asked, password: token }, told, token };
  }
  if (token === undefined) return `cannot keep state ${told}: set ${variable}`;
  return { location: { type, url: asked, token }, told, token };
}

/** Where nobody asked for a place. */
function usualPlace({ env, mayWrite }: StatePlaceOptions): StatePlace {
  const directory = usualDirectory(env);
  if (directory !== undefined && mayWrite(directory)) {
    return inDirectory(directory);
  }
  const why = directory === undefined
    ? "there is no HOME"
    : refusalOf(directory);
  return { location: { type: "memory" }, told: `${IN_MEMORY} (${why})` };
}

const IN_MEMORY = "in memory";

function inDirectory(directory: string): StatePlace {
  return { location: { type: "file", directory }, told: `in ${directory}` };
}

function refusalOf(directory: string): string {
  return `Deno was not given --allow-write=${directory}`;
}

/** Systemd gives a service its own; several are separated by colons. */
function usualDirectory(env: EnvReader): string | undefined {
  const [given = ""] = (env("STATE_DIRECTORY") ?? "").split(":");
  if (given !== "") return given;
  const home = nonEmpty(env("XDG_STATE_HOME"));
  if (home?.startsWith("/")) return `${home}/llm-proxy`;
  const user = nonEmpty(env("HOME"));
  return user && `${user}/.local/state/llm-proxy`;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** Whether Deno lets the files of a directory be read and written. */
export function mayKeepFiles(path: string): boolean {
  return (["read", "write"] as const).every((name) =>
    Deno.permissions.querySync({ name, path }).state === "granted"
  );
}
