import type { Config } from "./config_types.ts";
import { ENGINE_FLAGS, RUN_FLAGS } from "./_engine_flags.ts";
import { permissionFlags } from "./_permissions.ts";
import type { StatePlace } from "./_state_place.ts";
import type { PeerPlace } from "./_worker_peers.ts";

/** How a process of several on one port was started. */
export interface WorkerRole {
  /** From 1 on. */
  readonly number: number;
  /** How many there are. */
  readonly of: number;
  /** The port that all have. */
  readonly port: number;
  /** The descriptor of the socket that all have, where there is one. */
  readonly fd?: number;
  /** What they reach each other by. */
  readonly peers?: PeerPlace;
}

/** The variable by which a worker knows itself. */
export const WORKER = "LLM_PROXY_WORKER";
/** The variable that names the port that all workers have. */
export const WORKER_PORT = "LLM_PROXY_WORKER_PORT";
/** The variable that names the socket that all workers have. */
export const WORKER_FD = "LLM_PROXY_WORKER_FD";

/** The variable that says what the names of the workers' own sockets begin with. */
export const WORKER_PEERS = "LLM_PROXY_WORKER_PEERS";
/** The variable that has the secret of all workers. */
export const WORKER_SECRET = "LLM_PROXY_WORKER_SECRET";

/** What this process is among several; `undefined` where it is the only one. */
export function workerRole(
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): WorkerRole | undefined {
  const [, number, of] = /^(\d+)\/(\d+)$/.exec(env(WORKER) ?? "") ?? [];
  if (number === undefined || of === undefined) return undefined;
  const fd = env(WORKER_FD);
  const path = env(WORKER_PEERS)?.replace(/^@/, "\0");
  const secret = env(WORKER_SECRET);
  return {
    number: Number(number),
    of: Number(of),
    port: Number(env(WORKER_PORT)),
    ...fd !== undefined && { fd: Number(fd) },
    ...path && secret && { peers: { path, secret } },
  };
}

/** What another process like this one must reach. */
export interface WorkerNeeds {
  readonly config: Config;
  readonly file: string | undefined;
  readonly place: StatePlace;
}

const PERMISSIONS = ["net", "env", "read", "write", "run", "sys"] as const;

/**
 * The command that starts another process like this one, with the same
 * arguments and no more permissions: those that are granted without bounds, and
 * of the others what the config needs.
 */
export function ownCommandLine(
  { config, file, place, sockets = [] }: WorkerNeeds & {
    /** The files of sockets by which the processes reach each other. */
    readonly sockets?: readonly string[];
  },
): readonly string[] {
  if (Deno.build.standalone) return [Deno.execPath(), ...Deno.args];
  const isGranted = (descriptor: Deno.PermissionDescriptor): boolean =>
    Deno.permissions.querySync(descriptor).state === "granted";
  const { location } = place;
  const bounded = permissionFlags(config, {
    config: file,
    writes: location.type === "file" ? [location.directory] : [],
    sockets,
    ..."url" in location && { state: location.url },
  });
  const flags = PERMISSIONS.map((name) => {
    const flag = `--allow-${name}`;
    if (isGranted({ name })) return flag;
    return bounded.find((it) => it.startsWith(`${flag}=`)) ?? "";
  });
  // A service may be allowed to run "deno", whatever path that stands for.
  const own = Deno.execPath();
  const program = isGranted({ name: "run", command: own }) ? own : "deno";
  return [
    program,
    "run",
    "--quiet",
    "--no-prompt",
    // A bundle has no config beside it that is its own.
    ...Deno.mainModule.endsWith(".ts") ? ENGINE_FLAGS : RUN_FLAGS,
    ...flags.filter((flag) => flag !== ""),
    Deno.mainModule,
    ...Deno.args,
  ];
}
