import type { StatePlace } from "./_state_place.ts";

/** Where the processes of a service have the sockets by which they reach each other. */
export interface WorkerSockets {
  /** The directory of their files; absent where names without a file do. */
  readonly directory?: string;
  /** The supervisor's own. */
  readonly path: string;
}

/**
 * Where those sockets are: where systemd says, else beside the state where Deno
 * allows connections to what it was told of only, for such a permission names
 * files; else names of Linux's that no file stands for.
 *
 * @returns A sentence where there is no place for them.
 */
export function workerSockets(
  place: StatePlace,
  { directory, isBounded }: {
    /** What `RUNTIME_DIRECTORY` says. */
    readonly directory: string | undefined;
    /** Whether connections are allowed to some places only. */
    readonly isBounded: boolean;
  },
): WorkerSockets | string {
  const [given = ""] = (directory ?? "").split(":");
  if (given !== "") return inDirectory(given);
  if (!isBounded) return { path: `\0llm-proxy-workers-${Deno.pid}` };
  const { location } = place;
  return location.type === "file"
    ? inDirectory(location.directory)
    : "--workers has to reach others like itself: allow --allow-net, or keep the state in a directory";
}

/** Every socket of so many workers and their supervisor. */
export function socketFiles(
  { directory, path }: WorkerSockets,
  workers: number,
): string[] {
  if (directory === undefined) return [];
  const numbers = Array.from({ length: workers }, (_, index) => index + 1);
  return [
    path,
    ...numbers.flatMap((it) => [`${path}-${it}`, `${directory}/notify${it}`]),
  ];
}

function inDirectory(directory: string): WorkerSockets {
  return { directory, path: `${directory}/workers` };
}
