import type { Conversation, Part } from "../conversation.ts";
import type { DialectTarget } from "../dialect.ts";

/** Takes note of breakpoints of the prompt cache for a dialect that has none (C18). */
export function reportCacheMarks(
  { messages, tools = [] }: Conversation,
  { losses, provider }: Pick<DialectTarget, "losses" | "provider">,
  why: string = provider,
): void {
  const isMarked = tools.some(({ cacheControl }) => cacheControl) ||
    messages.some(({ parts }) => parts.some(hasMark));
  if (isMarked) losses.add("dropped", "cache_control", why);
}

function hasMark(part: Part): boolean {
  if ("cacheControl" in part && part.cacheControl !== undefined) return true;
  return part.type === "tool_result" && part.parts.some(hasMark);
}
