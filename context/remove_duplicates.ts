import type { CondenseDraft } from "./_condense_draft.ts";
import type { Slices } from "./_slices.ts";
import { withTexts } from "./_turn_groups.ts";

/** Shorter texts are said twice for a reason. */
const LEAST = 200;

/**
 * Leaves long texts out that were said before, word by word: files and pages
 * that are read again. The first one stays, so that what precedes the second is
 * as it was; should the first go later, the second is put back.
 */
export async function removeDuplicates(
  draft: CondenseDraft,
  slices: Slices,
): Promise<void> {
  const first = new Map<string, number>();
  for (const { from, to, isFixed } of draft.groups) {
    for (let place = from; place < to; place++) {
      const full = draft.messages[place];
      if (full === undefined) continue;
      const origins: number[] = [];
      const cut = withTexts(full, (text) => {
        if (text.length < LEAST) return text;
        const origin = first.get(text);
        if (origin === undefined) first.set(text, place);
        if (origin === undefined || isFixed) return text;
        origins.push(origin);
        return `[The same ${text.length} characters as above]`;
      });
      if (cut !== full) {
        draft.replace(place, cut);
        draft.counts.duplicates++;
        for (const origin of origins) draft.lean(place, { origin, full });
      }
      await slices.breathe();
    }
  }
}
