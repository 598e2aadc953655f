import { parse } from "yaml";
import { membersOf } from "./_members.ts";
import type { Config } from "./config_types.ts";

/**
 * Where a value in force comes from.
 *
 * @example From nobody
 * ```ts
 * import type { Provenance } from "@llm-proxy/api";
 *
 * const provenance: Provenance = "default";
 * ```
 */
export type Provenance = "default" | "file" | "environment" | "argument";

/** Longer lists are cut: nobody reads them, and somebody has to keep them. */
const MAX_PATHS = 5_000;

/**
 * Where each value in force comes from, by its path. Values themselves are not
 * told: some are secret.
 *
 * @param config What is in force.
 * @param text The file from which it was read.
 * @param argued Paths that the command line decides.
 */
export function provenanceOf(
  config: Config,
  { text, argued }: {
    readonly text: string;
    readonly argued: readonly string[];
  },
): Record<string, Provenance> {
  const written = leavesOf(parse(text));
  const result: Record<string, Provenance> = {};
  for (const path of leavesOf(config).keys()) {
    result[path] = argued.includes(path) ? "argument" : sourceOf(path, written);
  }
  return result;
}

/** A value may be written in short at a place above it. */
function sourceOf(
  path: string,
  written: ReadonlyMap<string, unknown>,
): Provenance {
  for (let at = path; at !== "";) {
    const value = written.get(at);
    if (value !== undefined || written.has(at)) {
      return typeof value === "string" && value.includes("${")
        ? "environment"
        : "file";
    }
    at = at.slice(0, Math.max(0, at.lastIndexOf(".")));
  }
  const key = /^(.*\.)api_keys?$/.exec(path)?.[1];
  return key !== undefined && written.has(`${key}api_key_env`)
    ? "environment"
    : "default";
}

/** Every value that has no members, by its path. */
function leavesOf(root: unknown): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  const walk = (value: unknown, path: string): void => {
    const members = membersOf(value);
    if (members === undefined || (members.size === 0 && path !== "")) {
      if (value !== undefined && leaves.size < MAX_PATHS) {
        leaves.set(path, value);
      }
      return;
    }
    for (const [name, member] of members) {
      walk(member, path === "" ? name : `${path}.${name}`);
    }
  };
  walk(root, "");
  return leaves;
}
