import {
  invalidUtf8,
  judgeJson,
  type ParseJsonOptions,
  parseJudged,
} from "./_json_steps.ts";
import type { JsonScan } from "./_json_scan.ts";
import { spansOf } from "./_json_spans.ts";
import {
  documentOf,
  type JsonDocument,
  parseJsonDocument,
} from "./json_document.ts";

/** How {@linkcode parseLargeJson} works. */
export interface ParseLargeJsonOptions extends ParseJsonOptions {
  /** Lets whatever else waits have its turn. */
  readonly pause: () => Promise<void>;
}

/** What is shorter is read in one go, in bytes or UTF-16 units: it takes some 3 ms. */
const SHORT = 1024 * 1024;
/** So much is decoded at a time, in bytes. */
const SLICE = 4 * SHORT;
/** After so long others have their turn, in ms. */
const LONG = 10;

/**
 * What {@linkcode parseJsonDocument} does, with pauses, so that nobody else
 * waits for the whole of a large body (L11): it is decoded in slices, and its
 * largest list is parsed in parts. What no pause can divide
 * is one string: 32 MiB of it take some 25 ms, 100 ms where nearly all of it
 * is escapes.
 *
 * @throws {GatewayError} as {@linkcode parseJsonDocument} does, and whatever
 * `pause` throws.
 *
 * @example Between two slices others have their turn
 * ```ts
 * import { parseLargeJson } from "@llm-proxy/core";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const text = JSON.stringify({ input: "a".repeat(5_000_000) });
 * let pauses = 0;
 * const { value } = await parseLargeJson(new TextEncoder().encode(text), {
 *   async pause() {
 *     pauses++;
 *     await new Promise((resolve) => setTimeout(resolve, 0));
 *   },
 * });
 * assertEquals(String(value.input).length, 5_000_000);
 * assert(pauses > 2);
 * ```
 */
export async function parseLargeJson(
  bytes: Uint8Array,
  options: ParseLargeJsonOptions,
): Promise<JsonDocument> {
  if (bytes.length <= SHORT) return parseJsonDocument(bytes, options);
  const { pause } = options;
  const text = await decode(bytes, options) ??
    await decode(bytes, options, true);
  if (text === undefined) throw invalidUtf8(options);
  const seams: number[] = [];
  const scan = judgeJson(text, options, seams);
  await pause();
  const isPlain = scan.escapedNames.length === 0;
  const value = isPlain && await parseAround(text, { scan, seams, pause }) ||
    parseJudged(text, scan, options);
  await pause();
  // Escapes in names may be at fault: they are read when that is known.
  return documentOf(text, { scan, value });
}

/** The text of a body; nothing where it is no UTF-8, or may be none as far as a lenient decoder tells. */
async function decode(
  bytes: Uint8Array,
  { pause }: ParseLargeJsonOptions,
  fatal = false,
): Promise<string | undefined> {
  // Told to strip a byte order mark, Deno strips one off each slice.
  const decoder = new TextDecoder("utf-8", { fatal, ignoreBOM: true });
  const slices: string[] = [];
  for (let at = 0; at < bytes.length; at += SLICE) {
    const stream = at + SLICE < bytes.length;
    const slice = decodeSlice(decoder, bytes.subarray(at, at + SLICE), stream);
    if (slice === undefined) return undefined;
    slices.push(slice);
    await pause();
  }
  const text = slices.join("");
  await pause();
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

function decodeSlice(
  decoder: TextDecoder,
  slice: Uint8Array,
  stream: boolean,
): string | undefined {
  try {
    const text = decoder.decode(slice, { stream });
    return !decoder.fatal && text.includes("\ufffd") ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * Parses an object around its largest member, and that, a long list, in parts
 * from seam to seam. All of it is JSON where each of the pieces is.
 *
 * @returns Nothing where there is no such list, a name comes twice, or
 * something is at fault.
 */
async function parseAround(
  text: string,
  { scan, seams, pause }: {
    readonly scan: JsonScan;
    readonly seams: readonly number[];
    readonly pause: () => Promise<void>;
  },
): Promise<Record<string, unknown> | undefined> {
  const spans = spansOf(text, scan.members);
  if (spans.size < scan.members.length / 4) return undefined;
  let key = "", start = 0, end = 0;
  for (const [name, [from, to]] of spans) {
    if (to - from > end - start) [key, start, end] = [name, from, to];
  }
  const stops = seams.filter((at) => at > start && at < end);
  if (stops.length === 0 || text[start] !== "[" || text[end - 1] !== "]") {
    return undefined;
  }
  const around = `${text.slice(0, start)}[]${text.slice(end)}`;
  const value = tryParse(around) as Record<string, unknown> | undefined;
  if (value === undefined) return undefined;
  const items: unknown[] = [];
  let from = start + 1;
  let since = performance.now();
  for (const stop of [...stops, end - 1]) {
    const part = tryParse(`[${text.slice(from, stop)}]`) as unknown[];
    // Between two commas there must be something.
    if (part === undefined || part.length === 0) return undefined;
    for (const item of part) items.push(item);
    from = stop + 1;
    if (performance.now() - since < LONG) continue;
    await pause();
    since = performance.now();
  }
  return Object.assign(value, { [key]: items });
}

/** The value that a text is of; nothing where it is no JSON. */
function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
