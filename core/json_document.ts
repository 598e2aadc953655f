import type { JsonScan } from "./_json_scan.ts";
import { type JsonSpans, ScannedSpans } from "./_json_spans.ts";
import {
  decodeUtf8,
  judgeJson,
  NO_OPTIONS,
  type ParseJsonOptions,
  parseJudged,
} from "./_json_steps.ts";

export { editJsonDocument } from "./_json_edit.ts";
export type { JsonSpan, JsonSpans } from "./_json_spans.ts";
export type { ParseJsonOptions } from "./_json_steps.ts";

/** A JSON object with its text and the places of its top-level values. */
export interface JsonDocument {
  /** The text as it came, a byte order mark removed. */
  readonly text: string;
  /** The parsed object. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Start and end of each top-level value in `text`, by key. */
  readonly spans: JsonSpans;
  /** Whether a top-level key comes more than once. The last one counts, in `spans` as in `value`. */
  readonly repeated?: boolean;
}

/**
 * Parses a JSON object and keeps its text, so that it can be sent on with the
 * smallest edit. Depth and size are judged before anything is built (C6). Of a
 * key that comes twice the last one counts, as in `JSON.parse`.
 *
 * @throws {GatewayError} of kind `invalid_request` and code `invalid_json`,
 * with the place where it is cheap to tell, when the bytes are no UTF-8, no
 * JSON, no object, nest deeper than 200 levels, or hold more than 100,000
 * objects, arrays and members or 1,000 top-level members.
 *
 * @example Where a value stands
 * ```ts
 * import { parseJsonDocument } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const document = parseJsonDocument(new TextEncoder().encode('{"seed": 1e3}'));
 * assertEquals(document.value, { seed: 1000 });
 * assertEquals(document.spans.get("seed"), [9, 12]);
 * ```
 */
export function parseJsonDocument(
  bytes: Uint8Array,
  options: ParseJsonOptions = NO_OPTIONS,
): JsonDocument {
  const text = decodeUtf8(bytes, options);
  const scan = judgeJson(text, options);
  return documentOf(text, { scan, value: parseJudged(text, scan, options) });
}

/** The document of a text that was scanned and parsed. */
export function documentOf(
  text: string,
  { scan, value }: {
    readonly scan: JsonScan;
    readonly value: JsonDocument["value"];
  },
): JsonDocument {
  let size = 0;
  for (const _ in value) size++;
  const repeated = size < scan.members.length / 4;
  return { text, value, spans: new ScannedSpans(text, scan, size), repeated };
}
