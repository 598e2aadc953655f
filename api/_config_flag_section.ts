import * as z from "@zod/zod";
import { headerName, line, route, share } from "./_config_values.ts";

/** In the config, and as many again that are switched at run time. */
const MAX_FLAGS = 1000;

/** The name of a flag. */
export function flagName(): z.ZodString {
  return z.string().max(64).regex(
    /^[a-z][a-z0-9_.-]*$/,
    "must begin with a letter and hold nothing but a-z, 0-9, '_', '.' and '-'",
  );
}

const names = () => z.array(line()).min(1).max(1000).optional();

const rule = z.strictObject({
  keys: names().describe("Names of callers' keys, of which one must fit."),
  teams: names().describe("Teams, of which one must fit."),
  routes: z.array(route()).min(1).max(100).optional()
    .describe("Routes such as /v1/messages, of which one must fit."),
  headers: z.record(headerName().toLowerCase(), z.string().max(1024))
    .optional().describe("Headers and the values that they must have."),
  share: share().default(1).describe("Share of those, 0 to 1."),
});

/** `feature_flags` */
export const featureFlags = z.record(
  flagName(),
  z.union([
    z.boolean(),
    z.strictObject({
      share: share().default(0).describe(
        "Share of callers for whom it is on, where no rule fits.",
      ),
      rules: z.array(rule).max(100).default([])
        .describe("Of several that fit the first counts."),
    }),
  ]),
).refine(
  (flags) => Object.keys(flags).length <= MAX_FLAGS,
  `must have at most ${MAX_FLAGS} flags`,
).default({}).describe(
  "Switches: true, false, or for whom; arms and shadows of routes go by them.",
);
