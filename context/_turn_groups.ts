import type { CondensableMessage, CondensablePart } from "./condensable.ts";

/** Messages that stay or go together. */
export interface TurnGroup {
  /** The place of its first message. */
  readonly from: number;
  /** The place behind its last one. */
  readonly to: number;
  /** It is never left out: the system's words, the latest user's turn, and the end. */
  readonly isFixed: boolean;
}

/**
 * Groups messages: what a user or an assistant says is a group, and a turn with
 * calls is one with the results of them all.
 */
export function groupTurns(
  messages: readonly CondensableMessage[],
): TurnGroup[] {
  const ends = lastResults(messages);
  const groups: TurnGroup[] = [];
  const lastUser = messages.findLastIndex(({ role }) => role === "user");
  for (let from = 0; from < messages.length;) {
    let to = from + 1;
    for (let at = from; at < to; at++) {
      for (const { id, type } of messages[at]?.parts ?? []) {
        if (type !== "tool_call" || id === undefined) continue;
        to = Math.max(to, (ends.get(id) ?? at) + 1);
      }
    }
    const held = messages.slice(from, to);
    const isFixed = to === messages.length || held.some(isSystem) ||
      from <= lastUser && lastUser < to ||
      endsInUser(messages, from, lastUser);
    groups.push({ from, to, isFixed });
    from = to;
  }
  return groups;
}

/** Where the last result of each call is. */
function lastResults(
  messages: readonly CondensableMessage[],
): Map<string, number> {
  const places = new Map<string, number>();
  messages.forEach(({ parts }, place) => {
    for (const { type, callId } of parts) {
      if (type === "tool_result" && callId !== undefined) {
        places.set(callId, place);
      }
    }
  });
  return places;
}

function isSystem({ role }: CondensableMessage): boolean {
  return role === "system" || role === "developer";
}

/** Whether a message belongs to the latest turn of the user, which may be several in a row. */
function endsInUser(
  messages: readonly CondensableMessage[],
  from: number,
  lastUser: number,
): boolean {
  if (from > lastUser) return false;
  for (let at = from; at < lastUser; at++) {
    if (messages[at]?.role !== "user") return false;
  }
  return true;
}

/** A message with other words in some of its text parts, those of its results included. */
export function withTexts<T extends CondensableMessage>(
  message: T,
  change: (text: string, isResult: boolean) => string,
): T {
  let isSame = true;
  const visit = (part: CondensablePart, isResult: boolean): CondensablePart => {
    if (part.type === "tool_result" && part.parts !== undefined) {
      const parts = part.parts.map((it) => visit(it, true));
      return parts.some((it, at) => it !== part.parts?.[at])
        ? { ...part, parts }
        : part;
    }
    if (part.type !== "text" || part.text === undefined) return part;
    const text = change(part.text, isResult);
    if (text === part.text) return part;
    isSame = false;
    return { ...part, text };
  };
  const parts = message.parts.map((part) => visit(part, false));
  return isSame ? message : { ...message, parts };
}
