import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { type EnvReader, interpolate } from "./_config_env.ts";
import {
  keyOf,
  type Marks,
  offsetOf,
  type Place,
  placeOf,
} from "./_config_place.ts";
import { formatPath, isQuotable, isSecret, type Step } from "./_config_path.ts";
import { MAX_DEPTH, type OffsetProblem } from "./_config_text_guard.ts";

/** The data of a document without prototypes, and where each piece stands. */
export interface ConfigTree {
  readonly data: unknown;
  readonly problems: readonly OffsetProblem[];
  /** Whether the walk ended early, so that parts of the data are missing. */
  readonly stopped: boolean;
  /** Where the value at a path stands, or should stand. */
  place(path: readonly Step[]): Place;
}

// Generous for a config, nothing for a machine: a bomb needs far more.
const MAX_ALIASES = 100;
const MAX_NODES = 50_000;
const MAX_EXPANDED = 4 * 1024 * 1024;

/** What {@linkcode readTree} needs besides the document. */
export interface ReadTreeOptions {
  /** What the document was parsed from. */
  readonly text: string;
  readonly env: EnvReader;
}

/** Reads a document into plain data and replaces its variables. */
export function readTree(
  document: Document,
  { text, env }: ReadTreeOptions,
): ConfigTree {
  const walk = new Walk(text, env);
  const data = walk.read(document.contents);
  return {
    data: data ?? Object.create(null),
    problems: walk.problems,
    stopped: walk.stopped,
    place: (path) =>
      placeOf(path, { root: document.contents, marks: walk.marks }),
  };
}

class Walk {
  readonly problems: OffsetProblem[] = [];
  readonly marks: Marks = {
    targets: new Map(),
    interpolated: new Map(),
    broken: new Set(),
  };
  stopped = false;
  readonly #text: string;
  readonly #env: EnvReader;
  readonly #anchors = new Map<string, Node>();
  readonly #values = new Map<Node, string>();
  readonly #path: Step[] = [];
  #aliases = 0;
  #nodes = 0;
  #expanded = 0;

  constructor(text: string, env: EnvReader) {
    this.#text = text;
    this.#env = env;
  }

  /** The data of a node; `null` where nothing stands. */
  read(node: unknown): unknown {
    if (this.stopped || !isNode(node)) return null;
    if (++this.#nodes > MAX_NODES) return this.#stop(node, "Too many entries");
    if (this.#path.length >= MAX_DEPTH) {
      return this.#stop(node, "Nested too deeply");
    }
    if (isAlias(node)) return this.#alias(node.source, node);
    if (isScalar(node)) return this.#scalar(node);
    if (isMap(node)) return this.#map(node);
    return isSeq(node) ? this.#list(node) : null;
  }

  #alias(name: string, node: Node): unknown {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      return this.#fail(node, "An alias without a finished anchor before it");
    }
    if (++this.#aliases > MAX_ALIASES) {
      return this.#stop(node, `More than ${MAX_ALIASES} aliases`);
    }
    this.marks.targets.set(node, target);
    return this.read(target);
  }

  #scalar(node: Scalar): unknown {
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    const { value } = node;
    if (typeof value === "string") return this.#string(node, value);
    if (value === null || typeof value === "boolean") return value;
    if (typeof value === "number") return value;
    return this.#fail(node, "Not a text, number, true, false, map or list");
  }

  #string(node: Scalar, source: string): string {
    const known = this.#values.get(node);
    if (known !== undefined) return known;
    const found = interpolate(source, this.#env);
    if (found === undefined) return source;
    this.marks.interpolated.set(node, found);
    let from = offsetOf(node);
    for (const { source, message } of found.problems) {
      // An escape in the scalar may hide the text: its start has to do then.
      const at = this.#text.indexOf(source, from);
      const inside = at >= 0 && at < (node.range?.[1] ?? 0);
      this.#note(inside ? at : from, message);
      if (inside) from = at + source.length;
      this.marks.broken.add(node);
    }
    this.#expanded += found.value.length;
    if (this.#expanded > MAX_EXPANDED) {
      this.#stop(node, "The variables expand to more than 4 MiB");
      return "";
    }
    this.#values.set(node, found.value);
    return found.value;
  }

  #map(node: YAMLMap): unknown {
    const data: Record<string, unknown> = Object.create(null);
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = keyOf(key);
      if (name === undefined || name === "__proto__" || name === "<<") {
        this.#fail(
          isNode(key) ? key : node,
          name === "<<"
            ? "Merge keys are not read: repeat the entries"
            : "A key must be a plain text",
        );
        continue;
      }
      if (isScalar(key) && key.anchor !== undefined) {
        this.#anchors.set(key.anchor, key);
      }
      if (seen.has(name)) {
        const told = isQuotable(name) && !isSecret(this.#path);
        this.#fail(key as Node, `Duplicate key${told ? ` '${name}'` : ""}`);
        continue;
      }
      seen.add(name);
      data[name] = this.#readAt(name, value);
    }
    // Not before: an alias to what is still open would never end.
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    return data;
  }

  #list(node: YAMLSeq): unknown {
    const data = node.items.map((item, index) =>
      isPair(item)
        ? this.#fail(node, "Malformed list")
        : this.#readAt(index, item)
    );
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    return data;
  }

  #readAt(step: Step, node: unknown): unknown {
    this.#path.push(step);
    const data = this.read(node);
    this.#path.pop();
    return data;
  }

  #fail(node: Node, message: string): null {
    this.marks.broken.add(node);
    this.#note(offsetOf(node), message);
    return null;
  }

  #note(offset: number, message: string): void {
    this.problems.push({ offset, path: formatPath(this.#path), message });
  }

  #stop(node: Node, message: string): null {
    if (!this.stopped) this.#fail(node, message);
    this.stopped = true;
    return null;
  }
}
