import type { DialectName, Provider } from "./provider.ts";

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
  { name, dialect, quirks }: Pick<Provider, "name" | "dialect" | "quirks">,
  model: string,
): string {
  // What OpenRouter gives and takes in details are the maker's own signatures.
  const isHost = CLAUDE_HOSTS.has(dialect) ||
    quirks.thought === "reasoning_details";
  if (isHost && /claude/i.test(model)) return "claude";
  if (dialect === "gemini" || dialect === "vertex") return dialect;
  // OpenAI's models read what each other has encrypted, but only for the same account.
  if (quirks.responses) return `${name}/`;
  return `${name}/${model}`;
}
