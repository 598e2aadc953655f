import type { LossReport } from "../../loss_report.ts";
import { isMutableJson, type MutableJson } from "./_pass_json.ts";

/** Members that the vocabulary has no word for: of a choice, of a message. */
const OF_CHOICE = ["logprobs"] as const;
const OF_MESSAGE = [
  "audio",
  "executed_tools",
] as const;

/** Parts of a content that are told, and pages whose address is. */
const TOLD_PARTS: ReadonlySet<string> = new Set([
  "text",
  "thinking",
  "tool_reference",
]);

/** Notes what of a choice has no word. */
export function reportChoice(choice: MutableJson, losses: LossReport): void {
  for (const name of OF_CHOICE) report(choice[name], name, losses);
}

/** Notes what of a message or a delta has no word, parts of its content included (H1, J17). */
export function reportMessage(message: MutableJson, losses: LossReport): void {
  for (const name of OF_MESSAGE) report(message[name], name, losses);
  const { content } = message;
  if (!Array.isArray(content)) return;
  for (const part of content) {
    if (!isMutableJson(part) || typeof part.type !== "string") continue;
    const { type } = part;
    if (!TOLD_PARTS.has(type)) report([type], type, losses);
  }
}

function report(value: unknown, name: string, losses: LossReport): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value) && value.length === 0) return;
  losses.add("dropped", `answer.${name}`, "no word for it");
}
