import type * as z from "@zod/zod";
import { crossCheck } from "./_config_cross_checks.ts";
import { valueAt } from "./_config_data.ts";
import {
  explain,
  flatten,
  MAX_PROBLEMS,
  type PathProblem,
} from "./_config_issues.ts";
import { finish } from "./_config_finish.ts";
import { routeProblems } from "./_config_route_problems.ts";
import type { ConfigSources } from "./_config_sources.ts";
import type { ConfigTree } from "./_config_tree.ts";
import { configSchema } from "./config_schema.ts";
import type { Config } from "./config_types.ts";

/** What became of the data, or what is wrong with it. */
export interface Checked {
  /** Absent where there are problems. */
  readonly config?: Config;
  readonly problems: readonly PathProblem[];
}

/**
 * Runs the schema, the checks across keys and those of the routes over a tree.
 *
 * The schema itself tells what must be mended first: a map or list with all
 * its entries commented out counts as left out, and a scalar that was one
 * variable becomes the number or the boolean that is wanted.
 */
export function checkTree(tree: ConfigTree, sources: ConfigSources): Checked {
  let result = configSchema.safeParse(tree.data);
  let issues = flatten(result.error?.issues ?? []);
  if (issues.map((issue) => mend(issue, tree)).includes(true)) {
    result = configSchema.safeParse(tree.data);
    issues = flatten(result.error?.issues ?? []);
  }
  const problems: PathProblem[] = [];
  for (const issue of issues) {
    if (problems.length > MAX_PROBLEMS) break;
    problems.push(...explain(issue, tree));
  }
  problems.push(...crossCheck(tree.data, sources));
  if (!result.success) return { problems };
  const config = finish(result.data, sources);
  problems.push(...routeProblems(config, tree));
  return problems.length === 0 ? { config, problems } : { problems };
}

function mend(issue: z.core.$ZodIssue, tree: ConfigTree): boolean {
  if (issue.code !== "invalid_type") return false;
  const { path, expected } = issue;
  const key = path.at(-1);
  const parent = valueAt(tree.data, path.slice(0, -1));
  if (key === undefined || typeof parent !== "object" || parent === null) {
    return false;
  }
  const holder = parent as Record<PropertyKey, unknown>;
  const value = holder[key];
  if (value === null && !Array.isArray(parent) && isCollection(expected)) {
    return delete holder[key];
  }
  if (typeof value !== "string" || !tree.place(path).whole) return false;
  const scalar = toScalar(value, expected);
  if (scalar === undefined) return false;
  holder[key] = scalar;
  return true;
}

function isCollection(expected: string): boolean {
  return expected === "object" || expected === "array" || expected === "record";
}

function toScalar(
  text: string,
  expected: string,
): number | boolean | undefined {
  if (expected === "boolean") {
    return /^(true|false)$/i.test(text)
      ? text.toLowerCase() === "true"
      : undefined;
  }
  const isNumber = (expected === "number" || expected === "int") &&
    /^-?\d{1,20}(\.\d{1,20})?$/.test(text);
  return isNumber ? Number(text) : undefined;
}
