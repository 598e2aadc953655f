import { NO_LIMITS, readName, scanJson } from "./_json_scan.ts";

/** The last escape of a member's name, and the name's end; other text may look like it. */
const ESCAPED_NAME = /\\.[^"\\]*"\s*:/s;

/** Parses a text in which names may have escapes: see {@linkcode parseNamed}. */
export function parseAnyNames(
  text: string,
  parse: (text: string) => unknown,
): unknown {
  if (!text.includes("\\") || !ESCAPED_NAME.test(text)) return parse(text);
  return parseNamed(text, scanJson(text, NO_LIMITS).escapedNames, parse);
}

/**
 * Parses a text in which a scan has found these names with escapes. V8 15.0 may
 * read an escaped name as one with a backslash that it has seen in an earlier
 * object: a caller could hide a member from the gateway and show it to the
 * provider. So the escapes are taken out; a name that can't be without stands
 * under another that nobody could have guessed until the text is parsed.
 */
export function parseNamed(
  text: string,
  names: readonly number[],
  parse: (text: string) => unknown = JSON.parse,
): unknown {
  if (names.length === 0) return parse(text);
  const standIns = new Map<string, string>();
  let plain = "";
  let at = 0;
  for (let i = 0; i < names.length; i += 2) {
    const [start, end] = [names[i]!, names[i + 1]!];
    let quoted = JSON.stringify(readName(text.slice(start, end)));
    if (quoted.includes("\\")) {
      const standIn = standIns.get(quoted) ?? crypto.randomUUID();
      standIns.set(quoted, standIn);
      quoted = `"${standIn}"`;
    }
    plain += text.slice(at, start) + quoted;
    at = end;
  }
  const value = parse(plain + text.slice(at));
  if (standIns.size > 0) rename(value, standIns);
  return value;
}

/** Gives members that stand under other names their own, in their places. */
function rename(value: unknown, standIns: ReadonlyMap<string, string>): void {
  const names = new Map(
    Array.from(standIns, ([quoted, standIn]) => [standIn, readName(quoted)]),
  );
  // Deeper than the stack is, where need be.
  const left = [value];
  while (left.length > 0) {
    const it = left.pop();
    if (typeof it !== "object" || it === null) continue;
    for (const child of Object.values(it)) left.push(child);
    if (!Object.keys(it).some((key) => names.has(key))) continue;
    for (const [key, value] of Object.entries(it)) {
      Reflect.deleteProperty(it, key);
      Object.defineProperty(it, names.get(key) ?? key, {
        value,
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
  }
}
