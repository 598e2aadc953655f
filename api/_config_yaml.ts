import { type Document, Lexer, parseDocument, type YAMLError } from "yaml";
import type { Lines } from "./_config_lines.ts";

/** A problem at an offset of the text. */
export interface OffsetProblem {
  readonly offset: number;
  /** The path of the value, where it is known. */
  readonly path?: string;
  readonly message: string;
}

/** A parsed file, or why it is none. */
export interface YamlResult {
  /** Absent where there are problems. */
  readonly document?: Document;
  readonly problems: readonly OffsetProblem[];
}

/** Longest text that is parsed, in UTF-16 units; in a file, bytes. */
export const MAX_TEXT = 4 * 1024 * 1024;
// A thousand providers with twenty keys each stay below both.
const MAX_TOKENS = 150_000;
const MAX_TOKEN_LENGTH = 64 * 1024;

// deno-lint-ignore no-control-regex -- they are what YAML forbids
const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]/;

// The parser's own messages quote the source, which may be a secret.
const MESSAGES: ReadonlyMap<string, string> = new Map([
  ["ALIAS_PROPS", "An alias takes neither anchor nor tag"],
  ["BAD_ALIAS", "Malformed alias or anchor"],
  ["BAD_COLLECTION_TYPE", "The tag does not fit what it stands at"],
  ["BAD_DIRECTIVE", "Unknown or malformed directive"],
  [
    "BAD_DQ_ESCAPE",
    "Unknown escape in a double-quoted text: use '\\\\' for a backslash",
  ],
  ["BAD_INDENT", "Wrong indentation, or a bracket that is not closed"],
  ["BAD_PROP_ORDER", "Anchors and tags must stand before what they belong to"],
  [
    "BAD_SCALAR_START",
    "A plain text cannot start with this character: put it in quotes",
  ],
  [
    "BLOCK_AS_IMPLICIT_KEY",
    "A second ':' on one line: put the value in quotes, or begin a new line",
  ],
  ["BLOCK_IN_FLOW", "A block cannot stand within brackets"],
  ["KEY_OVER_1024_CHARS", "A key of more than 1024 characters"],
  ["MISSING_CHAR", "A closing quote, bracket, comma or ':' is missing"],
  ["MULTILINE_IMPLICIT_KEY", "A key must end on its line: is a ':' missing?"],
  ["MULTIPLE_ANCHORS", "More than one anchor"],
  [
    "MULTIPLE_DOCS",
    "More than one document: a config is one, without a second '---'",
  ],
  ["MULTIPLE_TAGS", "More than one tag"],
  ["RESOURCE_EXHAUSTION", "Nested too deeply"],
  ["TAB_AS_INDENT", "A tab in the indentation: use spaces"],
  ["TAG_RESOLVE_FAILED", "Unknown tag, or a value that does not fit it"],
  [
    "UNEXPECTED_TOKEN",
    "Unexpected text: check indentation, quotes and brackets",
  ],
]);

/** Parses one YAML document: every message with its offset, none with a value. */
export function parseYaml(text: string, lines: Lines): YamlResult {
  const refusal = refuse(text);
  if (refusal !== undefined) return { problems: [refusal] };
  const document = compose(text);
  if ("message" in document) return { problems: [document] };
  // Another version reads `yes`, dates and more in another way.
  if (document.directives?.yaml.version !== "1.2") {
    return { problems: [{ offset: 0, message: "Only YAML 1.2 is read" }] };
  }
  const problems = [...document.errors, ...document.warnings]
    .sort((a, b) => a.pos[0] - b.pos[0]);
  if (problems.length === 0) return { document, problems: [] };
  return { problems: withoutEchoes(problems, text, lines) };
}

/** The parser itself, with whatever makes it throw turned into a problem. */
function compose(text: string): Document.Parsed | OffsetProblem {
  try {
    return parseDocument(text, {
      prettyErrors: false,
      // Compared in pairs there; the walk through the tree does it with a set.
      uniqueKeys: false,
      // With "silent" a second document would go unnoticed.
      logLevel: "error",
    });
  } catch (error) {
    const message = error instanceof Error && error.name === "NotCapable"
      ? "The YAML parser may not look for LOG_TOKENS and LOG_STREAM: add both to --allow-env"
      : "Not valid YAML";
    return { offset: 0, message };
  }
}

/** What is not worth parsing, or would cost too much. */
function refuse(text: string): OffsetProblem | undefined {
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
  let tokens = 0;
  let offset = 0;
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
    if (!isMark(token)) offset += token.length;
  }
  return undefined;
}

/** The lexer marks documents, flow errors and scalars with control characters. */
function isMark(token: string): boolean {
  return token === "\x02" || token === "\x18" || token === "\x1f";
}

/**
 * One slip makes the parser complain several times: the first on a line
 * tells it, and after the first unexpected text all text is unexpected.
 */
function withoutEchoes(
  errors: readonly YAMLError[],
  text: string,
  lines: Lines,
): OffsetProblem[] {
  let last = 0;
  let lost = false;
  const problems: OffsetProblem[] = [];
  for (const { code, pos: [offset] } of errors) {
    const { line } = lines.at(offset);
    const unexpected = code === "UNEXPECTED_TOKEN";
    if (line !== last && !(lost && unexpected)) {
      const message = text.startsWith("${", offset - 1)
        ? "Within brackets, '${…}' must stand in quotes"
        : MESSAGES.get(code) ?? "Not valid YAML";
      problems.push({ offset, message });
    }
    last = line;
    lost ||= unexpected;
  }
  return problems;
}
