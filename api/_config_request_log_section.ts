import * as z from "@zod/zod";
import { type Data, listIn, mapIn } from "./_config_data.ts";
import type { PathProblem } from "./_config_issues.ts";
import { defaultKeyName } from "./_config_key_name.ts";
import { count, line, size } from "./_config_values.ts";
import { EVERYONE } from "./keeps_content.ts";

/** `logging.requests` */
export const requestLog = z.strictObject({
  max_rows: count(0, 1_000_000).default(5000)
    .describe("How many requests are kept; 0 keeps none."),
  max_mb: size(1024).default(8)
    .describe("Upper bound of what they take together in MiB."),
  content: z.strictObject({
    keys: z.array(line(100)).min(1).max(1000).describe(
      "The names of the keys whose prompts and answers are kept; '*' is everyone.",
    ),
    max_kb: size(1024).default(16)
      .describe("How much of each prompt and of each answer in KiB."),
  }).optional().describe(
    "Whose prompts and answers are kept; nobody's where it is left out.",
  ),
}).prefault({}).describe("The last requests, to be looked through.");

/** Names of keys that nobody has would keep nothing, and nobody would notice. */
export function checkRequestLog(root: Data, problems: PathProblem[]): void {
  const names = new Set<unknown>([EVERYONE]);
  listIn(mapIn(root.auth).api_keys).forEach((entry, index) => {
    const isNamed = typeof entry === "object" && entry !== null;
    names.add(isNamed ? mapIn(entry).name : defaultKeyName(index));
  });
  const { content } = mapIn(mapIn(root.logging).requests);
  listIn(mapIn(content).keys).forEach((name, index) => {
    if (typeof name !== "string" || names.has(name)) return;
    problems.push({
      path: ["logging", "requests", "content", "keys", index],
      message:
        "logging.requests.content.keys must be names of keys in auth.api_keys, or '*'",
    });
  });
}
