import { readFileSync } from "node:fs";

/** What the kernel says of the memory of the group that a process is in. */
export interface CgroupMemory {
  /** Bytes that it may use; `undefined` where nothing bounds it. */
  readonly limit: number | undefined;
  /** Bytes that it uses, without the pages of files that the kernel can take back. */
  readonly used: number;
}

/** How {@linkcode readCgroupMemory} reads. */
export interface CgroupMemoryOptions {
  /** Reads a file; throws where it can't. @default {from the disk, where that needs no question} */
  readonly readText?: (path: string) => string;
}

const ROOT = "/sys/fs/cgroup";
/** Version 1 says so, or nearly so, where there is no limit. */
const NO_LIMIT = 2 ** 60;
/** Deeper than groups are. */
const MAX_LEVELS = 32;

/** The files of one version. */
interface Files {
  readonly root: string;
  readonly limit: string;
  readonly used: string;
  /** The line of `memory.stat` with what can be taken back. */
  readonly inactive: RegExp;
}

const V2: Files = {
  root: ROOT,
  limit: "memory.max",
  used: "memory.current",
  inactive: /^inactive_file (\d+)$/m,
};
const V1: Files = {
  root: `${ROOT}/memory`,
  limit: "memory.limit_in_bytes",
  used: "memory.usage_in_bytes",
  inactive: /^total_inactive_file (\d+)$/m,
};

/**
 * Reads the memory limit and the working set of the control group that this
 * process is in, of version 1 or 2. A limit may be set on any group above: the
 * tightest counts. Linux alone has them, and Deno shows them with
 * `--allow-all` only.
 *
 * @returns `undefined` where there are none, or they can't be read.
 *
 * @example A container with a gigabyte
 * ```ts
 * import { readCgroupMemory } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const files = new Map([
 *   ["/proc/self/cgroup", "0::/\n"],
 *   ["/sys/fs/cgroup/memory.max", "1073741824\n"],
 *   ["/sys/fs/cgroup/memory.current", "300000000\n"],
 *   ["/sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 100000000\n"],
 * ]);
 * const readText = (path: string): string => {
 *   const text = files.get(path);
 *   if (text === undefined) throw new Deno.errors.NotFound(path);
 *   return text;
 * };
 * assertEquals(readCgroupMemory({ readText }), { limit: 1073741824, used: 200000000 });
 * ```
 */
export function readCgroupMemory(
  { readText = readAllowed }: CgroupMemoryOptions = {},
): CgroupMemory | undefined {
  const read = (path: string): string | undefined => {
    try {
      return readText(path);
    } catch {
      return undefined;
    }
  };
  const groups = read("/proc/self/cgroup");
  if (groups === undefined) return undefined;
  const v2 = /^0::(\/.*)$/m.exec(groups)?.[1];
  const v1 = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(\/.*)$/m.exec(groups)?.[1];
  return (v1 !== undefined ? readGroup(V1, v1, read) : undefined) ??
    (v2 !== undefined ? readGroup(V2, v2, read) : undefined);
}

/** Nobody should be asked for a permission by a timer. */
function readAllowed(path: string): string {
  const isAsked = typeof Deno !== "undefined" &&
    Deno.permissions.querySync({ name: "read", path }).state === "prompt";
  if (isAsked) throw new TypeError(`Cannot read '${path}': not permitted`);
  return readFileSync(path, "utf8");
}

type Read = (path: string) => string | undefined;

function readGroup(
  files: Files,
  path: string,
  read: Read,
): CgroupMemory | undefined {
  // Within a container the path may be the host's: then the root is our group.
  const own = [path, ""].find((it) =>
    read(`${files.root}${tidy(it)}/${files.used}`) !== undefined
  );
  if (own === undefined) return undefined;
  const place = `${files.root}${tidy(own)}`;
  const used = bytesIn(read(`${place}/${files.used}`));
  if (used === undefined) return undefined;
  const stat = read(`${place}/memory.stat`) ?? "";
  const inactive = Number(files.inactive.exec(stat)?.[1] ?? 0);
  return {
    limit: tightest(files, tidy(own), read),
    used: Math.max(0, used - inactive),
  };
}

function tightest(files: Files, path: string, read: Read): number | undefined {
  let limit = Infinity;
  let at = path;
  for (let level = 0; level < MAX_LEVELS; level++) {
    const told = bytesIn(read(`${files.root}${at}/${files.limit}`));
    if (told !== undefined && told > 0) limit = Math.min(limit, told);
    if (at === "") break;
    at = at.slice(0, at.lastIndexOf("/"));
  }
  return limit < NO_LIMIT ? limit : undefined;
}

function tidy(path: string): string {
  return path === "/" ? "" : path.replace(/\/+$/, "");
}

function bytesIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
}
