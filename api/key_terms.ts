import { isIP } from "node:net";
import * as z from "@zod/zod";
import { limits, line, route } from "./_config_values.ts";
import { ROLES } from "./role.ts";

/** How many names or ranges a list holds at most. */
const MAX_LIST = 100;

/** A list that restricts; an empty one would let nothing through, which `disabled` says better. */
function list(entry: z.ZodString): z.ZodArray<z.ZodString> {
  return z.array(entry).min(1).max(MAX_LIST);
}

/** The fields that a key may have in the config, in the admin API and in the state. */
export const keyTerms = {
  user: line(64).optional().describe("Whose key it is."),
  team: line(64).optional().describe("The team that pays for it."),
  organisation: line(64).optional()
    .describe("The organisation that the team belongs to."),
  role: z.enum(ROLES).optional().describe(
    "Viewers see the usage of all, operators manage models and configs, admins keys as well; client where it is left out.",
  ),
  models: list(line(256)).optional().describe(
    "The models it may ask for, as callers name them; * stands for any characters.",
  ),
  routes: list(route()).optional()
    .describe("The routes it may use, for example /v1/chat/*."),
  ips: list(
    line(64).refine(
      isRange,
      "must be an address or a range such as 10.0.0.0/8 or 2001:db8::/32",
    ),
  ).optional().describe("The addresses it may be used from."),
  limits: limits().optional()
    .describe("Its own limits, besides those of routes: a limit, or a list."),
  budget: z.strictObject({
    limit: z.number().positive().max(9_000_000)
      .describe("US dollars in a period."),
    period: z.enum(["hour", "day", "week", "month", "total"])
      .describe("When it begins anew, in UTC; a week on Monday."),
    hard: z.boolean().optional()
      .describe(
        "Whether requests beyond it are refused; they are unless told.",
      ),
  }).optional().describe("What may be spent with it."),
  cache: z.boolean().optional().describe(
    "Whether answers are kept for this caller, whatever routes say.",
  ),
  losses: z.enum(["allow", "refuse"]).optional().describe(
    "Whether requests are sent on that a provider's dialect can't carry whole; they are unless told.",
  ),
  metadata: z.record(line(64), z.string().max(512)).refine(
    (it) => Object.keys(it).length <= 32,
    "must have at most 32 members",
  ).optional().describe("Words of your own."),
  expires: z.iso.datetime({
    offset: true,
    error: "must be a time such as 2027-01-31T00:00:00Z",
  }).optional()
    .describe("Until when it is good, for example 2027-01-31T00:00:00Z."),
  disabled: z.boolean().optional().describe("Whether it lets nobody in."),
};

/** Whether a text is an address, or a network with its length. */
function isRange(text: string): boolean {
  const [address = "", length, ...more] = text.split("/");
  const family = isIP(address);
  if (family === 0 || address.includes("%") || more.length > 0) return false;
  if (length === undefined) return true;
  return /^\d{1,3}$/.test(length) &&
    Number(length) <= (family === 4 ? 32 : 128);
}
