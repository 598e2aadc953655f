import { type Document, parseDocument, type YAMLError } from "yaml";
import { type OffsetProblem, refuseText } from "./_config_text_guard.ts";
import type { Lines } from "./_config_lines.ts";

/** A parsed file, or why it is none. */
export interface YamlResult {
  /** Absent where there are problems. */
  readonly document?: Document;
  readonly problems: readonly OffsetProblem[];
}

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
  const refusal = refuseText(text);
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
  // A hostile file makes tens of thousands of errors, each with a stack.
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
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
  } finally {
    Error.stackTraceLimit = limit;
  }
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
