import { escapeOdd, MAX_TEXT } from "./_json_text.ts";
import type { LogFields } from "./logger.ts";

/**
 * Fields as one JSON object, in one go, where each of them is a short text, a
 * finite number or a boolean, as nearly all records have it; nothing where one
 * is not, which then has to be looked at one by one.
 */
export function plainJson(fields: LogFields): string | undefined {
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
