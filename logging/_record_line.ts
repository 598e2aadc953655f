import { cut, quote, quoteKey } from "./_json_text.ts";
import { renderValue } from "./_json_value.ts";
import type { LogLevel } from "./level.ts";
import type { LogFields } from "./logger.ts";
import { plainJson } from "./constant_fields.ts";

/** Fields beyond this length of line are left out. */
const MAX_LINE = 65_536;
/** Texts that need no quotes in a readable line. */
const BARE = /^[\w./:@+-]+$/;

/** How the lines of one format are put together. */
export interface LineFormat {
  /** Everything before the fields. */
  head(time: string, level: LogLevel, message: string): string;
  /** One field, with what separates it from the one before. */
  field(key: string, value: unknown, stacks: boolean): string;
  /** Everything after the fields. */
  readonly tail: string;
}

/** The names that the record itself uses. */
function freeName(key: string): string {
  return key === "ts" || key === "level" || key === "msg" ? `_${key}` : key;
}

/** One JSON object a line. */
export const JSON_FORMAT: LineFormat = {
  head(time, level, message) {
    return `{"ts":"${time}","level":"${level}","msg":${quote(message)}`;
  },
  field(key, value, stacks) {
    const name = quoteKey(freeName(key));
    switch (typeof value) {
      case "string":
        return `,${name}${quote(value)}`;
      case "undefined":
        return "";
      default:
        return `,${name}${renderValue(value, stacks)}`;
    }
  },
  tail: "}",
};

/** A line for people: time, level, message, then `key=value` pairs. */
export const TEXT_FORMAT: LineFormat = {
  head(time, level, message) {
    const text = quote(cut(message)).slice(1, -1).replaceAll('\\"', '"');
    return `${time} ${level.toUpperCase().padEnd(5)} ${text}`;
  },
  field(key, value, stacks) {
    if (value === undefined) return "";
    const name = BARE.test(key) ? key : quote(key);
    if (typeof value === "string" && BARE.test(value)) {
      return ` ${name}=${cut(value)}`;
    }
    return ` ${name}=${renderValue(value, stacks)}`;
  },
  tail: "",
};

/** All fields of an object in one format, within the limits of a line. */
export function renderFields(
  format: LineFormat,
  options: { readonly fields: LogFields; readonly stacks: boolean },
): string {
  const { fields, stacks } = options;
  const whole = format === JSON_FORMAT ? wholeFields(fields) : undefined;
  if (whole !== undefined) {
    return whole === "{}" ? "" : `,${whole.slice(1, -1)}`;
  }
  let text = "";
  for (const key in fields) {
    if (!Object.hasOwn(fields, key)) continue;
    if (text.length > MAX_LINE) {
      return text + format.field("truncated", true, stacks);
    }
    text += format.field(key, fields[key], stacks);
  }
  return text;
}

/** Those that the engine can write in one go as JSON, which takes half the time. */
export function wholeFields(fields: LogFields): string | undefined {
  const { ts, level, msg } = fields;
  if (ts !== undefined || level !== undefined || msg !== undefined) {
    return undefined;
  }
  const json = plainJson(fields);
  return json === undefined || json.length > MAX_LINE ? undefined : json;
}
