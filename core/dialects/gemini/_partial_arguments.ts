import { invalidAnswer } from "../_invalid_answer.ts";
import { asList, asText, isObject } from "../_json.ts";

type Container = Record<string, unknown> | unknown[];

/** `.name`, `['name']`, `["name"]` or `[0]`. */
const SEGMENT = /\.([^.[\]]+)|\[(\d{1,6})\]|\['([^']*)'\]|\["([^"]*)"\]/y;
const MAX_DEPTH = 64;
/** How many characters of values and paths one call may have. */
const MAX_SIZE = 8 * 1024 * 1024;

/** Arguments of a tool call that come value by value, each with its JSON path (D31). */
export class PartialArguments {
  // Without a prototype, for a name may be `__proto__`.
  readonly #root: Record<string, unknown> = Object.create(null);
  /** The path of the string that goes on. */
  #open: string | undefined;
  #size = 0;

  /**
   * Takes a list of `partialArgs`.
   *
   * @throws {UpstreamError} when a path is none, or the arguments are too large.
   */
  add(partials: unknown): void {
    for (const partial of asList(partials)) {
      if (!isObject(partial)) throw invalidAnswer("has arguments in no form");
      const path = asText(partial.jsonPath);
      const value = valueOf(partial);
      this.#size += path.length +
        (typeof value === "string" ? value.length : 8);
      if (this.#size > MAX_SIZE) throw invalidAnswer("has too long arguments");
      if (value !== undefined) this.#set(path, value);
      this.#open = partial.willContinue === true ? path : undefined;
    }
  }

  /** The arguments as JSON text. */
  toString(): string {
    return JSON.stringify(this.#root);
  }

  #set(path: string, value: unknown): void {
    const keys = keysOf(path);
    let container: Container = this.#root;
    for (const [index, key] of keys.entries()) {
      const known = child(container, key);
      const next = keys[index + 1];
      if (next === undefined) {
        const goesOn = this.#open === path && typeof known === "string" &&
          typeof value === "string";
        put(container, key, goesOn ? known + value : value);
      } else if (typeof known === "object" && known !== null) {
        container = known as Container;
      } else {
        const made: Container = typeof next === "number"
          ? []
          : Object.create(null);
        put(container, key, made);
        container = made;
      }
    }
  }
}

function valueOf(
  { stringValue, numberValue, boolValue, nullValue }: Readonly<
    Record<string, unknown>
  >,
): unknown {
  if (nullValue !== undefined) return null;
  return stringValue ?? numberValue ?? boolValue;
}

function keysOf(path: string): (string | number)[] {
  const keys: (string | number)[] = [];
  SEGMENT.lastIndex = 1;
  while (path.startsWith("$") && keys.length < MAX_DEPTH) {
    const found = SEGMENT.exec(path);
    if (found === null) break;
    const [all, name, index, quoted, doubly] = found;
    keys.push(
      index === undefined ? name ?? quoted ?? doubly ?? "" : Number(index),
    );
    if (found.index + all.length === path.length) return keys;
  }
  throw invalidAnswer("has an argument without a path");
}

function child(container: Container, key: string | number): unknown {
  return (container as Record<string | number, unknown>)[key];
}

/** Puts a value into a container of the key's kind; a list grows one by one. */
function put(container: Container, key: string | number, value: unknown): void {
  if (Array.isArray(container)) {
    if (typeof key !== "number" || key > container.length) {
      throw invalidAnswer("has an argument out of place");
    }
    container[key] = value;
  } else {
    container[key] = value;
  }
}
