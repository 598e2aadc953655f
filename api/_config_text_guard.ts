import { Lexer } from "yaml";
import { MAX_TEXT } from "./_config_max_text.ts";

/** A problem at an offset of the text. */
export interface OffsetProblem {
  readonly offset: number;
  /** The path of the value, where it is known. */
  readonly path?: string;
  readonly message: string;
}

// Three hundred providers with twenty keys each stay below all of these.
const MAX_TOKENS = 50_000;
const MAX_ESCAPES = 10_000;
/** Deepest nesting of maps and lists. */
export const MAX_DEPTH = 32;
const MAX_TOKEN_LENGTH = 64 * 1024;

// deno-lint-ignore no-control-regex -- they are what YAML forbids
const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]/;

// The lexer's own marks: it announces documents, flow errors and scalars.
const SCALAR = "\x1f";
const MARKS: ReadonlySet<string> = new Set(["\x02", "\x18", SCALAR]);

/** What is not worth parsing, or would cost too much. */
export function refuseText(text: string): OffsetProblem | undefined {
  if (text.length > MAX_TEXT) {
    return { offset: 0, message: "The file is larger than 4 MiB" };
  }
  const control = text.search(FORBIDDEN);
  if (control >= 0) {
    return {
      offset: control,
      message: "A control character: is this a text file?",
    };
  }
  return refuseTokens(text);
}

/** The lexer is cheap; what follows it is not, and recursive besides. */
function refuseTokens(text: string): OffsetProblem | undefined {
  let tokens = 0;
  let offset = 0;
  let brackets = 0;
  let dashes = 0;
  let escapes = 0;
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    if (++tokens > MAX_TOKENS) {
      return {
        offset,
        message: "The file holds too many entries for a config",
      };
    }
    if (token.length > MAX_TOKEN_LENGTH) {
      return { offset, message: "A text of more than 64 KiB" };
    }
    if (!isScalar) {
      if (token === "[" || token === "{") brackets++;
      else if (token === "]" || token === "}") brackets--;
      else if (token === "-" || token === "?") dashes++;
      else if (token.includes("\n")) dashes = 0;
    }
    if (token.startsWith('"')) escapes += token.split("\\").length;
    // The parser makes an error of each one that it does not know.
    if (escapes > MAX_ESCAPES) {
      return { offset, message: "Too many escapes for a config" };
    }
    if (brackets > MAX_DEPTH || dashes > MAX_DEPTH) {
      return { offset, message: "Nested too deeply" };
    }
    isScalar = token === SCALAR;
    if (!MARKS.has(token)) offset += token.length;
  }
  return undefined;
}
