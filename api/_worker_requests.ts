import type {
  RequestLogPage,
  RequestLogQuery,
  RequestLogRow,
} from "@llm-proxy/logging";
import type { Gateway } from "./gateway.ts";

/** How many cursors there are in each ms, for all workers together. */
const PER_MS = 2_048;
/** From one cursor of a worker to its next. */
const STRIDE = 64;
const DEFAULT_LIMIT = 50;

/**
 * Cursors by the time: those of several workers have one order, no two are the
 * same, and those of a process that was started again come after all before.
 */
export function timeCursors(
  worker: number,
): (last: number, at?: number) => number {
  return (last, at = Date.now()) =>
    Math.max(at * PER_MS + worker % STRIDE, last + STRIDE);
}

/** A page of the last requests of all workers, whichever was asked. */
export async function pageOfAll(
  { requests, controls: { workers } }: Pick<Gateway, "requests" | "controls">,
  query: RequestLogQuery,
): Promise<RequestLogPage> {
  if (workers === undefined) return requests.page(query);
  const own = settledPage(requests.page(query));
  const others = await workers.ask(JSON.stringify(query));
  const pages = others.map((text): RequestLogPage => JSON.parse(text));
  return joinPages([own, ...pages], query);
}

/** A page that says up to where nothing can come any more. */
export function settledPage(page: RequestLogPage): RequestLogPage {
  const settled = Date.now() * PER_MS - 1;
  return { ...page, newest: Math.max(page.newest, settled) };
}

/** One page of several of the same query: as far as all of them have looked. */
export function joinPages(
  pages: readonly RequestLogPage[],
  { after, limit = DEFAULT_LIMIT }: RequestLogQuery,
): RequestLogPage {
  const isUp = after !== undefined;
  // What comes later than that may come after what is still to come elsewhere.
  const newest = Math.min(...pages.map((page) => page.newest));
  const nexts = pages.flatMap(({ next }) => next ?? []);
  const bound = nexts.length === 0
    ? undefined
    : isUp
    ? Math.min(newest, ...nexts)
    : Math.max(...nexts);
  const isWithin = ({ cursor }: RequestLogRow): boolean =>
    cursor <= newest &&
    (bound === undefined || (isUp ? cursor <= bound : cursor >= bound));
  const all = pages.flatMap(({ rows }) => rows).filter(isWithin)
    .sort((a, b) => isUp ? a.cursor - b.cursor : b.cursor - a.cursor);
  const rows = all.slice(0, Math.max(1, limit));
  const next = rows.length < all.length ? rows.at(-1)?.cursor : bound;
  return { rows, next, newest };
}
