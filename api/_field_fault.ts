import type * as z from "@zod/zod";
import { valueAt } from "./_config_data.ts";
import { formatPath, isQuotable, type Step } from "./_config_path.ts";
import { bound, KINDS } from "./_issue_words.ts";

/** What is wrong with a field that somebody sent: in plain words, without its value. */
export function fieldFault(
  issue: z.core.$ZodIssue | undefined,
  sent: unknown,
): string {
  if (issue === undefined) return "It is not what it must be";
  const path = issue.path.filter((it): it is Step => typeof it !== "symbol");
  const name = path.length === 0 ? "It" : `'${formatPath(path)}'`;
  switch (issue.code) {
    case "unrecognized_keys": {
      const [key = ""] = issue.keys;
      const where = path.length === 0 ? "" : ` in ${name}`;
      return `Unknown field${isQuotable(key) ? ` '${key}'` : ""}${where}`;
    }
    case "invalid_type":
      if (path.length > 0 && valueAt(sent, path) === undefined) {
        return `${name} is missing`;
      }
      return `${name} must be ${KINDS.get(issue.expected) ?? issue.expected}`;
    case "invalid_value":
      if (valueAt(sent, path) === undefined) return `${name} is missing`;
      return `${name} must be one of ${issue.values.join(", ")}`;
    case "too_small":
    case "too_big":
      return `${name} ${bound(issue)}`;
    default:
      return `${name} ${issue.message}`;
  }
}
