import type { Conversation, Message, Part } from "./conversation.ts";
import type { DialectTarget } from "./dialect.ts";

/** What stands between an instruction and the words behind it. */
const BETWEEN = "\n\n";

/**
 * A conversation for a model that refuses system messages (A22): each becomes
 * the user's, where it is, and one with the user's turn beside it.
 */
export function foldSystem(
  conversation: Conversation,
  { losses, provider }: Pick<DialectTarget, "losses" | "provider">,
): Conversation {
  if (!conversation.messages.some(isSystem)) return conversation;
  const messages: Message[] = [];
  let wasSystem = false;
  for (const [index, message] of conversation.messages.entries()) {
    const folds = isSystem(message);
    if (folds) {
      losses.add("changed", `messages[${index}]`, `the user's at ${provider}`);
    }
    const own = folds ? asUser(message) : message;
    const last = messages.at(-1);
    if (last !== undefined && (wasSystem || folds) && areOne(last, own)) {
      const parts = joined(last.parts, own.parts);
      messages[messages.length - 1] = { ...last, ...own, parts };
    } else messages.push(own);
    wasSystem = folds;
  }
  return { ...conversation, messages };
}

function asUser({ parts: [first, ...rest] }: Message): Message {
  const parts = first === undefined ? [] : rest.reduce<readonly Part[]>(
    (before, part) => joined(before, [part]),
    [first],
  );
  return { role: "user", parts };
}

/** Whether two messages can be one: named participants stay apart. */
function areOne(last: Message, { role, name }: Message): boolean {
  return last.role === "user" && role === "user" &&
    (last.name === undefined || name === undefined || last.name === name);
}

/** Parts behind one another, texts without marks as one. */
function joined(
  before: readonly Part[],
  [first, ...rest]: readonly Part[],
): readonly Part[] {
  if (first === undefined) return before;
  const end = before.at(-1);
  if (!isPlain(end) || !isPlain(first)) return [...before, first, ...rest];
  const text = end.text + BETWEEN + first.text;
  return [...before.slice(0, -1), { type: "text", text }, ...rest];
}

function isSystem({ role }: Message): boolean {
  return role === "system" || role === "developer";
}

function isPlain(
  part: Part | undefined,
): part is Part & { readonly type: "text" } {
  return part?.type === "text" && part.cacheControl === undefined;
}
