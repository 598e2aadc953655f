import type { Conversation, Message, Part } from "./conversation.ts";
import type { LossReport } from "./loss_report.ts";
import { hasProof } from "./_thought_collector.ts";
import type { KeptThought, ThoughtKeeper } from "./thought_store.ts";

/** What {@linkcode restoreThought} needs. */
export interface RestoreOptions {
  readonly keeper: ThoughtKeeper;
  /** Of the model that is asked. */
  readonly family: string;
  readonly losses: LossReport;
}

/**
 * A conversation with the thought that its tool calls must come back with: what
 * the client has lost is put in its place where the model can read it, and what
 * another family of models has signed is taken out, for it would be refused.
 */
export function restoreThought(
  conversation: Conversation,
  options: RestoreOptions,
): Conversation {
  if (options.keeper.empty) return conversation;
  let isChanged = false;
  const messages = conversation.messages.map((message, index) => {
    const restored = restoreMessage(message, index, options);
    isChanged ||= restored !== message;
    return restored;
  });
  return isChanged ? { ...conversation, messages } : conversation;
}

function restoreMessage(
  message: Message,
  index: number,
  { keeper, family, losses }: RestoreOptions,
): Message {
  if (message.role !== "assistant") return message;
  const kept = firstKept(message, keeper);
  if (kept === undefined) return message;
  if (kept.family === family) return withThought(message, kept, keeper);
  if (!message.parts.some(isProven)) return message;
  const param = `messages[${index}].reasoning_content`;
  losses.add("dropped", param, "another model's proof");
  return { ...message, parts: message.parts.flatMap(withoutProof) };
}

function firstKept(
  { parts }: Message,
  keeper: ThoughtKeeper,
): KeptThought | undefined {
  for (const part of parts) {
    if (part.type !== "tool_call") continue;
    const kept = keeper.find(part.id);
    if (kept !== undefined) return kept;
  }
  return undefined;
}

/** The message with what its client has lost of it. */
function withThought(
  message: Message,
  { parts: thought }: KeptThought,
  keeper: ThoughtKeeper,
): Message {
  const { parts } = message;
  // Words alone are enough where nobody has signed them (J6).
  const isSigned = thought.some(hasProof);
  const lacksThought = thought.length > 0 &&
    !parts.some((part) =>
      part.type === "reasoning" && (!isSigned || hasProof(part))
    );
  let isChanged = lacksThought;
  const signed = parts.map((part): Part => {
    if (part.type !== "tool_call" || part.signature !== undefined) return part;
    const signature = keeper.find(part.id)?.signature;
    if (signature === undefined) return part;
    isChanged = true;
    return { ...part, signature };
  });
  if (!isChanged) return message;
  const rest = lacksThought
    ? signed.filter(({ type }) => type !== "reasoning")
    : signed;
  return { ...message, parts: lacksThought ? [...thought, ...rest] : rest };
}

function isProven(part: Part): boolean {
  return part.type === "reasoning"
    ? hasProof(part)
    : (part.type === "tool_call" || part.type === "text") &&
      part.signature !== undefined;
}

/** A part without its proof; of thought that nobody else can read nothing is left. */
function withoutProof(part: Part): readonly Part[] {
  if (!isProven(part)) return [part];
  if (part.type === "reasoning") {
    return part.redacted === undefined
      ? [{ type: "reasoning", text: part.text }]
      : [];
  }
  if (part.type !== "tool_call" && part.type !== "text") return [part];
  const { signature: _, ...rest } = part;
  return rest.type === "text" && rest.text === "" ? [] : [rest];
}
