const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
/** How far from one escape the next one is looked for, in UTF-16 units. */
const NEAR = 32;
/** How far from one seam the next one is at least, in UTF-16 units. */
const SEAM = 256 * 1024;

/** The caps of a scan. */
export interface JsonScanLimits {
  readonly maxDepth: number;
  /** Objects, arrays and object members together. */
  readonly maxNodes: number;
  /** Members of the outermost object. */
  readonly maxMembers: number;
}

/** For a text that has passed its first scan. */
export const NO_LIMITS: JsonScanLimits = {
  maxDepth: Infinity,
  maxNodes: Infinity,
  maxMembers: Infinity,
};

/** What a scan found in a text that begins with an object. */
export interface JsonScan {
  /**
   * The members of the outermost object in the order of the text, four places
   * each: start and end of the name with its quotes, start and end of the value.
   */
  readonly members: readonly number[];
  /** Start and end of each member name with an escape in it, at any depth. */
  readonly escapedNames: readonly number[];
  /** The first cap that was exceeded, and where. */
  readonly excess?: { readonly at: number; readonly reason: string };
}

/**
 * Walks over JSON text without building anything, so that what would be dear
 * to parse is known beforehand. Right for valid JSON; of other text it only
 * promises to come to an end, the parser finds the fault.
 *
 * @param seams Takes the places of some commas between the items of the
 * outermost object's lists, few and far between.
 */
export function scanJson(
  text: string,
  limits: JsonScanLimits,
  seams?: number[],
): JsonScan {
  const members: number[] = [];
  const escapedNames: number[] = [];
  const scan = { members, escapedNames };
  let depth = 0;
  let nodes = 0;
  /** The last string, and whether it has an escape. */
  let start = 0;
  let end = 0;
  let isEscapedText = false;
  let backslash = find(text, "\\", 0);
  /** Where the name and the colon of the outermost object's member are. */
  let nameStart = 0;
  let nameEnd = 0;
  let colon = -1;
  let seam = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        start = at;
        end = stringEnd(text, at);
        if (end === -1) return scan;
        isEscapedText = backslash < end;
        if (isEscapedText) backslash = find(text, "\\", end);
        at = end - 1;
        break;
      case COLON:
        if (++nodes > limits.maxNodes) {
          return exceeding(scan, at, `more than ${limits.maxNodes} nodes`);
        }
        if (isEscapedText) escapedNames.push(start, end);
        if (depth !== 1) break;
        nameStart = start;
        nameEnd = end;
        colon = at;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (++nodes > limits.maxNodes) {
          return exceeding(scan, at, `more than ${limits.maxNodes} nodes`);
        }
        if (++depth > limits.maxDepth) {
          return exceeding(scan, at, `more than ${limits.maxDepth} levels`);
        }
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
        if (depth !== 0) break;
        // falls through: the end of the outermost object ends its last member.
      case COMMA:
        if (depth === 2 && seams !== undefined && at - seam >= SEAM) {
          seams.push(at);
          seam = at;
        }
        if (depth > 1 || colon === -1) break;
        members.push(
          nameStart,
          nameEnd,
          skipSpace(text, colon + 1),
          trimSpace(text, at),
        );
        colon = -1;
        if (members.length > 4 * limits.maxMembers) {
          return exceeding(scan, at, `more than ${limits.maxMembers} members`);
        }
    }
  }
  return scan;
}

function exceeding(scan: JsonScan, at: number, reason: string): JsonScan {
  return { ...scan, excess: { at, reason } };
}

/** Where `what` is next; the end of all places where it is not. */
function find(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at === -1 ? Infinity : at;
}

/**
 * Where the string that opens at `open` ends; -1 where it does not. Where one
 * quote is escaped more are near: some characters are then walked over one by
 * one, which is cheaper than a search for each.
 */
function stringEnd(text: string, open: number): number {
  let quote = open;
  while ((quote = text.indexOf('"', quote + 1)) !== -1) {
    if (!isEscaped(text, quote)) return quote + 1;
    for (let left = NEAR; left > 0; left--) {
      const code = text.charCodeAt(++quote);
      if (code === QUOTE) return quote + 1;
      if (code !== BACKSLASH) continue;
      quote++;
      left = NEAR;
    }
  }
  return -1;
}

/** Whether an odd number of backslashes stands before `at`. */
function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === BACKSLASH) before--;
  return (at - before) % 2 === 0;
}

/** Where the key, with its quotes, begins whose value begins at `value`. */
export function keyStartBefore(text: string, value: number): number {
  let quote = text.lastIndexOf('"', value - 1);
  do quote = text.lastIndexOf('"', quote - 1); while (isEscaped(text, quote));
  return quote;
}

/** The member name that a JSON string holds. */
export function readName(quoted: string): string {
  return quoted.includes("\\") ? JSON.parse(quoted) : quoted.slice(1, -1);
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}

/** The first place from `at` on that is no JSON white space. */
export function skipSpace(text: string, at: number): number {
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** Where what stands before `end` ends, JSON white space left out. */
export function trimSpace(text: string, end: number): number {
  while (isSpace(text.charCodeAt(end - 1))) end--;
  return end;
}
