import type { Limit, LimitAsk } from "@llm-proxy/core";
import type { Subject } from "./subject.ts";
import { fitsWildcard } from "./_wildcard.ts";

/** Whose requests a rule counts together. */
export type LimitLevel =
  | "all"
  | "organisation"
  | "team"
  | "user"
  | "key"
  | "model";

/** Limits of each team, user, model or whatever it is, over all routes. */
export interface LimitRule {
  /** What refusals and metrics call it. */
  readonly name: string;
  readonly per: LimitLevel;
  /** For whom it is: a name, in which `*` stands for any characters. */
  readonly of: string;
  readonly limits: readonly Limit[];
}

/** What rules go by. */
export interface RuledRequest {
  /** Who asks; absent where there are no keys. */
  readonly subject: Subject | undefined;
  readonly tokens: number;
  /** The model as the caller names it, once that is known: then rules for models count, and no others. */
  readonly model?: string;
}

const PREFIX = "rule ";

/** The name of a rule among limits: no route, and no key, is called so. */
export function limitOfRule({ name }: Pick<LimitRule, "name">): string {
  return PREFIX + name;
}

/** The rule that a limit is of; nothing where it is of none. */
export function ruleOfLimit(limit: string): string | undefined {
  return limit.startsWith(PREFIX) ? limit.slice(PREFIX.length) : undefined;
}

/** Adds what a request asks of the rules that fit it. */
export function askRules(
  rules: readonly LimitRule[],
  { asks, request }: {
    readonly asks: LimitAsk[];
    readonly request: RuledRequest;
  },
): void {
  const { subject, tokens, model } = request;
  for (const rule of rules) {
    if ((rule.per === "model") !== (model !== undefined)) continue;
    const key = rule.per === "all"
      ? "*"
      : rule.per === "model"
      ? model
      : subject?.[rule.per];
    if (key === undefined || !fitsWildcard(key, rule.of)) continue;
    asks.push({ limit: limitOfRule(rule), key, tokens });
  }
}
