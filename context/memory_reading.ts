import process from "node:process";
import v8 from "node:v8";
import { readCgroupMemory } from "./cgroup_memory.ts";

/** How much memory is used, and how much there is; all in bytes. */
export interface MemoryReading {
  /** What the process or its control group uses. */
  readonly used: number;
  /** What it may use; `undefined` where nobody says. */
  readonly limit: number | undefined;
  /** What objects of the program take, garbage included. */
  readonly heapUsed: number;
  /** What they may take at most; beyond it the process ends. */
  readonly heapLimit: number;
}

/** More than any machine has: nothing bounds it. */
const NO_LIMIT = 2 ** 60;
/** How much of the limit objects may take, the rest being code, buffers and threads. */
const HEAP_SHARE = 0.7;
const MIB = 1_048_576;

/**
 * Looks at the memory: the control group's where it can be read, else the
 * process's resident memory, with the limit that the system tells with
 * `--allow-sys=systemMemoryInfo`.
 *
 * @param limit The limit where the system's is not to count.
 */
export function readMemory(limit?: number): MemoryReading {
  const group = readCgroupMemory();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    used: group?.limit === undefined ? rss : group.used,
    limit: limit ?? group?.limit ?? constrainedMemory(),
    heapUsed,
    heapLimit: v8.getHeapStatistics().heap_size_limit,
  };
}

function constrainedMemory(): number | undefined {
  try {
    const kind = "systemMemoryInfo";
    const isOurs = typeof Deno === "undefined" ||
      Deno.permissions.querySync({ name: "sys", kind }).state === "granted";
    if (!isOurs) return undefined;
    const bytes = process.constrainedMemory();
    return bytes > 0 && bytes < NO_LIMIT ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The heap limit to start with, in MiB, for `--v8-flags=--max-old-space-size=`:
 * where objects may take more than the system allows, the kernel ends the
 * process before the collector has reason to hurry.
 *
 * @returns `undefined` where it is well as it is.
 *
 * @example A gigabyte, and a heap that may take four
 * ```ts
 * import { heapLimitAdvice } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const GIB = 1024 ** 3;
 * const reading = { used: 0, heapUsed: 0, limit: GIB, heapLimit: 4 * GIB };
 * assertEquals(heapLimitAdvice(reading), 716);
 * assertEquals(heapLimitAdvice({ ...reading, heapLimit: GIB / 2 }), undefined);
 * ```
 */
export function heapLimitAdvice(
  { limit, heapLimit }: MemoryReading,
): number | undefined {
  if (limit === undefined || heapLimit <= limit * 0.9) return undefined;
  return Math.floor(limit * HEAP_SHARE / MIB);
}
