/** Looks up an environment variable. */
export type EnvReader = (name: string) => string | undefined;

/** What is wrong with one `${…}`. */
export interface VariableProblem {
  /** The text to look for in the source, to tell where it is. */
  readonly source: string;
  /** Names the variable and never its value. */
  readonly message: string;
}

/** A scalar with its variables replaced. */
export interface Interpolation {
  readonly value: string;
  /** Whether the scalar was one `${…}` and nothing else. */
  readonly whole: boolean;
  readonly problems: readonly VariableProblem[];
}

/** Longest value that variables may make of one scalar. */
const MAX_VALUE = 256 * 1024;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/**
 * Replaces `${NAME}` and `${NAME:-default}` in a scalar; `$${` stands for
 * `${`. Replaced text is not looked at again. A variable that is missing or
 * empty is a problem and stays as it was written.
 *
 * @returns `undefined` where the scalar holds no `${`.
 */
export function interpolate(
  text: string,
  env: EnvReader,
): Interpolation | undefined {
  let at = text.indexOf("${");
  if (at < 0) return undefined;
  const problems: VariableProblem[] = [];
  let value = "";
  let from = 0;
  let whole = false;
  while (at >= 0) {
    if (text[at - 1] === "$") {
      value += text.slice(from, at - 1) + "${";
      from = at + 2;
    } else {
      const end = text.indexOf("}", at);
      const source = text.slice(at, end < 0 ? at + 2 : end + 1);
      const found = end < 0 ? problem(source, UNCLOSED) : expand(source, env);
      if (typeof found !== "string") problems.push(found);
      value += text.slice(from, at) +
        (typeof found === "string" ? found : source);
      if (value.length > MAX_VALUE) {
        problems.push(
          problem(source, "The variables make a text of more than 256 KiB"),
        );
        return { value: text, whole, problems };
      }
      from = at + source.length;
      whole = source.length === text.length;
    }
    at = text.indexOf("${", from);
  }
  return { value: value + text.slice(from), whole, problems };
}

const UNCLOSED =
  "Unclosed '${': write ${NAME}, or $${ for the characters themselves";

function expand(source: string, env: EnvReader): string | VariableProblem {
  const inner = source.slice(2, -1);
  const mark = inner.indexOf(":-");
  const name = mark < 0 ? inner : inner.slice(0, mark);
  if (!NAME.test(name)) {
    return problem(
      source,
      "Malformed '${…}': write ${NAME} or ${NAME:-default}, or $${ for the characters themselves",
    );
  }
  const read = readVariable(name, env);
  if ("value" in read) return read.value;
  if (mark < 0) return problem(source, read.message);
  const fallback = inner.slice(mark + 2);
  if (fallback !== "") return fallback;
  return problem(source, `${read.message}, and its default is empty`);
}

function problem(source: string, message: string): VariableProblem {
  return { source, message };
}

/** The value of a variable, or why there is none. */
export function readVariable(
  name: string,
  env: EnvReader,
): { readonly value: string } | { readonly message: string } {
  let value: unknown;
  try {
    value = env(name);
  } catch {
    // Deno refuses without --allow-env; what it says may hold more than the name.
    return { message: `Environment variable '${name}' may not be read` };
  }
  if (value === "") {
    return { message: `Environment variable '${name}' is empty` };
  }
  if (typeof value !== "string") {
    return { message: `Environment variable '${name}' is not set` };
  }
  return { value };
}
