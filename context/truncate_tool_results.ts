import type { CondenseDraft } from "./_condense_draft.ts";
import { withTexts } from "./_turn_groups.ts";

/** Characters of a tool's answer for a token; most are JSON or logs. */
const CHARS_PER_TOKEN = 3.5;
/** How much of what is kept is the beginning. */
const HEAD = 0.7;

/**
 * Cuts the middle out of long tool results, those of the last turn only where
 * that is not enough. What is cut once is cut in the same way ever after.
 */
export function truncateToolResults(
  draft: CondenseDraft,
  { maxTokens }: { readonly maxTokens: number },
): void {
  const max = Math.floor(maxTokens * CHARS_PER_TOKEN);
  const last = draft.groups.at(-1)?.from ?? 0;
  truncate(draft, { max, from: 0, to: last });
  if (!draft.fits) {
    truncate(draft, { max, from: last, to: draft.messages.length });
  }
}

function truncate(
  draft: CondenseDraft,
  { max, from, to }: {
    readonly max: number;
    readonly from: number;
    readonly to: number;
  },
): void {
  for (let place = from; place < to; place++) {
    const message = draft.messages[place];
    if (message === undefined) continue;
    const cut = withTexts(message, (text, isResult) => {
      if (!isResult || text.length <= max) return text;
      draft.counts.truncated++;
      return withoutMiddle(text, max);
    });
    if (cut !== message) draft.replace(place, cut);
  }
}

/** A text without its middle, and a word of how much is missing. */
function withoutMiddle(text: string, max: number): string {
  const head = Math.floor(max * HEAD);
  const before = text.slice(0, whole(text, head));
  const behind = text.slice(whole(text, text.length - (max - head)));
  const missing = text.length - before.length - behind.length;
  return `${before}\n[... ${missing} characters left out ...]\n${behind}`;
}

/** A place that is not between the halves of a character. */
function whole(text: string, place: number): number {
  return (text.charCodeAt(place) & 0xfc00) === 0xdc00 ? place + 1 : place;
}
