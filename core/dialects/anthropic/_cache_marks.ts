import type {
  CacheControl,
  Conversation,
  ToolResultPart,
} from "../../conversation.ts";
import type { LossReport } from "../../loss_report.ts";
import { isSendable } from "./_encoding.ts";

/** The provider refuses a request with more breakpoints. */
const MAX_MARKS = 4;

/**
 * The breakpoints of the prompt cache in one request (C17, C18).
 *
 * Of more than four the last four are kept: a breakpoint covers everything
 * before it, so the first ones are those that can be spared.
 */
export class CacheMarks {
  #surplus: number;
  readonly #losses: LossReport;

  /** Counts the conversation's breakpoints. */
  constructor(conversation: Conversation, losses: LossReport) {
    this.#surplus = countMarks(conversation) - MAX_MARKS;
    this.#losses = losses;
  }

  /** Whether a breakpoint is kept. Call it in the order of the request: tools, system, messages. */
  admits(): boolean {
    if (this.#surplus <= 0) return true;
    this.#surplus--;
    this.#losses.add("dropped", "cache_control", `over ${MAX_MARKS}`);
    return false;
  }

  /** JSON to add to a block with this breakpoint, where it {@linkcode CacheMarks.admits} one. */
  take(cacheControl: CacheControl | undefined): string {
    if (cacheControl === undefined || !this.admits()) return "";
    return cacheControl.ttl === undefined
      ? `,"cache_control":{"type":"ephemeral"}`
      : `,"cache_control":{"type":"ephemeral","ttl":"${cacheControl.ttl}"}`;
  }
}

/** The breakpoint of a tool result: its own, or the last one inside, which the provider does not take there. */
export function resultCacheControl(
  result: ToolResultPart,
): CacheControl | undefined {
  return result.cacheControl ??
    result.parts.findLast((part) => part.cacheControl)?.cacheControl;
}

/** How many breakpoints a tool result has, those inside it included. */
export function countResultMarks(result: ToolResultPart): number {
  let marks = result.cacheControl ? 1 : 0;
  for (const part of result.parts) if (part.cacheControl) marks++;
  return marks;
}

function countMarks(conversation: Conversation): number {
  let marks = 0;
  for (const tool of conversation.tools ?? []) if (tool.cacheControl) marks++;
  for (const { parts } of conversation.messages) {
    for (const part of parts) {
      const marked = part.type === "tool_result"
        ? resultCacheControl(part)
        : "cacheControl" in part && part.cacheControl && isSendable(part);
      if (marked) marks++;
    }
  }
  return marks;
}
