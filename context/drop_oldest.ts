import type { CondenseDraft } from "./_condense_draft.ts";
import type { TurnGroup } from "./_turn_groups.ts";

/** Leaves the oldest turns out until there is room; what is left begins with a user. */
export function dropOldest(draft: CondenseDraft): void {
  if (draft.fits) return;
  dropUntil(draft, draft.groups);
  for (const group of draft.groups) {
    if (beginsWithUser(draft)) return;
    if (draft.canDrop(group)) draft.drop(group);
  }
}

/** Leaves the oldest turns behind the beginning out, which often says what all is about. */
export function middleOut(draft: CondenseDraft): void {
  if (draft.fits) return;
  let head = draft.step;
  const behind = draft.groups.findIndex((group) => {
    if (!group.isFixed) head -= draft.size(group);
    return head <= 0;
  });
  dropUntil(draft, behind < 0 ? [] : draft.groups.slice(behind));
}

function dropUntil(
  draft: CondenseDraft,
  groups: readonly TurnGroup[],
): void {
  const goal = draft.goal();
  for (const group of groups) {
    if (draft.total <= goal) return;
    if (draft.canDrop(group)) draft.drop(group);
  }
}

/** Some providers take no conversation that begins with an answer. */
function beginsWithUser({ messages }: CondenseDraft): boolean {
  const first = messages.find((it) =>
    it !== undefined && it.role !== "system" && it.role !== "developer"
  );
  return first === undefined || first.role === "user";
}
