import type { CondensableMessage } from "./condensable.ts";
import type { CondenseDraft } from "./_condense_draft.ts";
import type { Slices } from "./_slices.ts";
import type { SmartCache } from "./smart_cache.ts";
import { transcriptText } from "./_transcript_text.ts";
import type { TurnGroup } from "./_turn_groups.ts";

/** What a summary is to be made of. */
export interface SummaryRequest {
  /** What was said, as one text. */
  readonly transcript: string;
  /** The summary of what was said before, which the new one takes in. */
  readonly previous?: string | undefined;
  /** The most tokens of the summary. */
  readonly maxTokens: number;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** Sums up a part of a conversation: a language model, most likely. */
export type Summarizer = (request: SummaryRequest) => Promise<string>;

/** What summaries are made with. */
export interface SummarizeOptions {
  /** Who sums up. */
  readonly summarize: Summarizer;
  /** Keeps summaries. */
  readonly cache: SmartCache<string>;
  /** Whose conversations share summaries, and by which model they are made. */
  readonly scope: string;
  /** The most tokens of a summary. */
  readonly maxTokens: number;
  /** How long all of them may take, in ms. */
  readonly timeoutMs: number;
}

/** Where the older part of a conversation ends, step by step. */
interface Chapter {
  /** The groups since the last one. */
  readonly groups: readonly TurnGroup[];
  /** Stands for everything up to here. */
  readonly key: string;
}

/** A request asks so often at most: of many new chapters several are summed up at once. */
const MAX_CALLS = 4;
/** A summary that is longer than was asked for is cut. */
const CHARS_PER_TOKEN = 6;
const OPENING = "Summary of the conversation so far:";
const encoder = new TextEncoder();

/**
 * Puts a summary in the place of the oldest turns. It grows chapter by chapter,
 * each one step long: of a conversation that goes on only what is new is summed
 * up, together with the summary so far.
 *
 * @returns Why there is none: then the turns are left out without one.
 */
export async function summarizeOldest(
  draft: CondenseDraft,
  { slices, ...options }: SummarizeOptions & { readonly slices: Slices },
): Promise<unknown> {
  const goal = draft.goal(options.maxTokens);
  if (goal === Infinity) return undefined;
  const chapters = await chaptersOf(draft, { goal, slices, options });
  const oldest = chapters.flatMap(({ groups }) => groups);
  const [first] = oldest;
  if (first === undefined) return undefined;
  let summary: string | undefined;
  let failure: unknown;
  try {
    summary = await sumUp(draft, chapters, options);
  } catch (error) {
    failure = error ?? new TypeError("The summarizer failed");
  }
  const maxChars = options.maxTokens * CHARS_PER_TOKEN;
  const before = draft.counts.dropped;
  for (const group of oldest) draft.drop(group);
  if (summary === undefined) return failure;
  draft.counts.summarized += draft.counts.dropped - before;
  draft.counts.dropped = before;
  const text = `${OPENING}\n${summary.slice(0, maxChars)}`;
  draft.stand(first.from, { role: "user", parts: [{ type: "text", text }] });
  return undefined;
}

/** Divides what is to go into chapters, each of which has a digest of all up to its end. */
async function chaptersOf(
  draft: CondenseDraft,
  { goal, slices, options }: {
    readonly goal: number;
    readonly slices: Slices;
    readonly options: SummarizeOptions;
  },
): Promise<Chapter[]> {
  const chapters: Chapter[] = [];
  let key = await digest(
    JSON.stringify([options.scope, options.maxTokens]),
  );
  let gone = 0;
  let end = draft.step;
  let groups: TurnGroup[] = [];
  const close = async (): Promise<void> => {
    key = await digest(key + JSON.stringify(messagesOf(draft, groups)));
    chapters.push({ groups, key });
    groups = [];
  };
  for (const group of draft.groups) {
    if (draft.total - gone <= goal) break;
    if (!draft.canDrop(group)) continue;
    groups.push(group);
    gone += draft.size(group);
    await slices.breathe();
    // At multiples of a step: where a shorter conversation was cut as well.
    if (gone < end) continue;
    end = (Math.floor(gone / draft.step) + 1) * draft.step;
    await close();
  }
  if (groups.length > 0) await close();
  return chapters;
}

/** The summary up to the last chapter, from the latest that is known. */
async function sumUp(
  draft: CondenseDraft,
  chapters: readonly Chapter[],
  { summarize, cache, maxTokens, timeoutMs }: SummarizeOptions,
): Promise<string | undefined> {
  const known = await latestOf(chapters, cache);
  const fresh = chapters.slice(known.count);
  const each = Math.ceil(fresh.length / MAX_CALLS);
  let previous = known.summary;
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(
      new DOMException("The summarizer took too long", "TimeoutError"),
    );
  }, timeoutMs);
  try {
    for (let at = 0; at < fresh.length; at += each) {
      const part = fresh.slice(at, at + each);
      const groups = part.flatMap((chapter) => chapter.groups);
      const transcript = transcriptText(messagesOf(draft, groups));
      const request = { transcript, previous, maxTokens };
      // Who has no more time leaves alone: others may wait for the same.
      const { value } = await cache.getOrSet(
        part.at(-1)?.key ?? "",
        (signal) => summarize({ ...request, signal }),
        { signal: stop.signal },
      );
      previous = value;
    }
  } finally {
    clearTimeout(timer);
  }
  return previous;
}

/** The summary that takes in most chapters, and how many these are. */
async function latestOf(
  chapters: readonly Chapter[],
  cache: SmartCache<string>,
): Promise<{ readonly count: number; readonly summary?: string }> {
  for (let count = chapters.length; count > 0; count--) {
    const found = cache.get(chapters[count - 1]?.key ?? "");
    const entry = found instanceof Promise ? await found : found;
    if (entry !== undefined) return { count, summary: entry.value };
  }
  return { count: 0 };
}

function messagesOf(
  { messages }: CondenseDraft,
  groups: readonly TurnGroup[],
): CondensableMessage[] {
  return groups.flatMap(({ from, to }) =>
    messages.slice(from, to).filter((it) => it !== undefined)
  );
}

async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", encoder.encode(text));
  return new Uint8Array(bytes).toHex();
}
