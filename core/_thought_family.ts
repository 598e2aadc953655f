import type { DialectName } from "./provider.ts";

/** Where a Claude may be asked: its signatures count at each of them alike. */
const CLAUDE_HOSTS: ReadonlySet<DialectName> = new Set([
  "anthropic",
  "bedrock",
  "vertex",
]);

/**
 * Which models can read the proofs of a model's thought: every Claude those of
 * every other, whoever serves it; Google's API all of its own; others only
 * those of that model at that provider.
 */
export function thoughtFamily(
  { name, dialect }: { readonly name: string; readonly dialect: DialectName },
  model: string,
): string {
  if (CLAUDE_HOSTS.has(dialect) && /claude/i.test(model)) return "claude";
  if (dialect === "gemini" || dialect === "vertex") return dialect;
  return `${name}/${model}`;
}
