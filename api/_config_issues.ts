import type * as z from "@zod/zod";
import { valueAt } from "./_config_data.ts";
import { formatPath, isQuotable, isSecret, type Step } from "./_config_path.ts";
import { suggestKey } from "./_config_suggest.ts";
import type { ConfigTree } from "./_config_tree.ts";
import { bound, KINDS } from "./_issue_words.ts";
import { mean, nearest } from "./_nearest.ts";

type Issue = z.core.$ZodIssue;

/** A problem at a path of the tree. */
export interface PathProblem {
  readonly path: readonly Step[];
  /** Whether the key is meant rather than its value. */
  readonly key?: boolean;
  /** Whether the last step is foreign text that is not to be told. */
  readonly hidden?: boolean;
  readonly message: string;
}

/** More problems than are ever shown. */
export const MAX_PROBLEMS = 250;

/**
 * Opens the alternatives: of a value that may be a text or a map, only the
 * alternative of its own kind has something to say.
 */
export function flatten(issues: readonly Issue[]): Issue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== "invalid_union") return [issue];
    const fitting = issue.errors.find((branch) =>
      !branch.some((it) => it.code === "invalid_type" && it.path.length === 0)
    );
    if (fitting === undefined) return [issue];
    return flatten(fitting).map((it) => ({
      ...it,
      path: [...issue.path, ...it.path],
    }));
  });
}

/** Says what a schema's issue means, without a secret and without a foreign value. */
export function explain(issue: Issue, tree: ConfigTree): PathProblem[] {
  const { path } = issue;
  const name = formatPath(path);
  switch (issue.code) {
    case "unrecognized_keys":
      // A suggestion costs, and nobody reads thousands.
      return issue.keys.slice(0, MAX_PROBLEMS)
        .map((key) => unknownKey(key, path));
    case "invalid_key":
      return [{
        path,
        key: true,
        hidden: true,
        message: `A key of ${formatPath(path.slice(0, -1))} ${
          issue.issues[0]?.message ?? "is not allowed"
        }`,
      }];
    case "invalid_type":
      return [{ path, message: wrongType(issue.expected, path, tree) }];
    case "invalid_union":
      if ("options" in issue && issue.options !== undefined) {
        return [{
          path,
          message: wrongWord(issue.options.map(String), path, tree),
        }];
      }
      return [{ path, message: wrongType("string or map", path, tree) }];
    case "too_small":
    case "too_big":
      // Every whole number has bounds of its own besides the language's.
      if ("note" in issue) return [];
      return [{ path, message: `${name} ${bound(issue)}${butIs(path, tree)}` }];
    case "invalid_value":
      return [{
        path,
        message: wrongWord(issue.values.map(String), path, tree),
      }];
    default:
      return [{ path, message: `${name} ${issue.message}` }];
  }
}

function unknownKey(key: string, parent: readonly Step[]): PathProblem {
  const path = [...parent, key];
  const where = parent.length === 0 ? "" : ` in ${formatPath(parent)}`;
  const hint = suggestKey(key, parent);
  // A key that resembles nothing may be a secret that lost its place.
  const quoted = isQuotable(key) && (hint !== "" || !isSecret(parent));
  return {
    path,
    key: true,
    hidden: !quoted,
    message: `Unknown key${quoted ? ` '${key}'` : ""}${where}${
      quoted ? hint : ""
    }`,
  };
}

function wrongType(
  expected: string,
  path: readonly Step[],
  tree: ConfigTree,
): string {
  if (path.length === 0) return "The file must hold a map of sections";
  const name = formatPath(path);
  const value = valueAt(tree.data, path);
  if (value === undefined) return `${name} is missing`;
  if (value === null) return `${name} has no value`;
  const place = tree.place(path);
  const wanted = KINDS.get(expected) ?? "a string or a map";
  const from = place.fromEnv ? " (it comes from the environment)" : "";
  if (typeof value === "number") {
    const hint = wanted.startsWith("a string") ? ": put it in quotes" : "";
    return expected === "int" || expected === "number"
      ? `${name} must be ${wanted}${butIs(path, tree)}`
      : `${name} must be ${wanted}, not a number${hint}`;
  }
  return `${name} must be ${wanted}, not ${kindOf(value)}${from}`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "boolean") return "true or false";
  return typeof value === "string" ? "a string" : "a map";
}

/** `, not 99999`, where the number may be told. */
function butIs(path: readonly Step[], tree: ConfigTree): string {
  const value = valueAt(tree.data, path);
  if (typeof value !== "number" || isSecret(path)) return "";
  return !tree.place(path).fromEnv ? `, not ${value}` : "";
}

function wrongWord(
  words: readonly string[],
  path: readonly Step[],
  tree: ConfigTree,
): string {
  const name = formatPath(path);
  const value = valueAt(tree.data, path);
  const list = words.length > 8
    ? ""
    : ` must be ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  if (value === undefined) return `${name} is missing`;
  if (typeof value !== "string" || tree.place(path).fromEnv) {
    return `${name}${list || ` must be one of: ${words.join(", ")}`}`;
  }
  const near = nearest(value, words);
  const hint = near === undefined ? "" : mean(near);
  const told = isQuotable(value) ? ` '${value}'` : "";
  if (list !== "") return `${name}${list}${told && `, not${told}`}${hint}`;
  if (hint !== "") return `Unknown ${name}${told}${hint}`;
  return `${name} must be one of: ${words.join(", ")}`;
}
