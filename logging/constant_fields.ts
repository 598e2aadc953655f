import { escapeOdd, MAX_TEXT } from "./_json_text.ts";
import type { LogFields } from "./logger.ts";

let constant: LogFields | undefined;
let constantJson: string | undefined;

/**
 * Says that fields never change, so that what they come to as JSON is made once
 * for all places that they go to, one after the other: half of what it costs to
 * write a record is that. The latest such fields are remembered, no others.
 *
 * @param fields The fields.
 * @returns The same.
 *
 * @example One record to a log and to the last requests
 * ```ts
 * import { constantFields, RequestLog, StructuredLogger } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const lines: string[] = [];
 * const log = new StructuredLogger({ format: "json", sink: (line) => void lines.push(line) });
 * const requests = new RequestLog();
 *
 * const fields = constantFields({ request_id: "r-1", status: 200 });
 * log.info("request", fields);
 * requests.add(fields);
 *
 * assertEquals(JSON.parse(lines[0] ?? "").status, 200);
 * assertEquals(requests.page().rows[0]?.fields, fields);
 * ```
 */
export function constantFields<F extends LogFields>(fields: F): F {
  constant = fields;
  constantJson = undefined;
  return fields;
}

/**
 * Fields as one JSON object, in one go, where each of them is a short text, a
 * finite number or a boolean, as nearly all records have it; nothing where one
 * is not, which then has to be looked at one by one.
 */
export function plainJson(fields: LogFields): string | undefined {
  if (fields !== constant) return renderPlain(fields);
  return constantJson ??= renderPlain(fields);
}

function renderPlain(fields: LogFields): string | undefined {
  if (!isPlain(fields)) return undefined;
  const text = JSON.stringify(fields);
  return text.startsWith("{") ? escapeOdd(text) : undefined;
}

function isPlain(fields: LogFields): boolean {
  // It would have the last word.
  if (fields.toJSON !== undefined) return false;
  for (const name in fields) {
    const value = fields[name];
    switch (typeof value) {
      case "string":
        if (value.length > MAX_TEXT) return false;
        break;
      case "number":
        if (!Number.isFinite(value)) return false;
        break;
      case "boolean":
      case "undefined":
        break;
      default:
        return false;
    }
  }
  return true;
}
