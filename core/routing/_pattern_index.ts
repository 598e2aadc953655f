/** A pattern with one `*`, taken apart. */
export interface Pattern {
  readonly before: string;
  readonly behind: string;
}

/** Takes a pattern apart at its first `*`; `undefined` where it has none. */
export function splitPattern(text: string): Pattern | undefined {
  const star = text.indexOf("*");
  if (star < 0) return undefined;
  return { before: text.slice(0, star), behind: text.slice(star + 1) };
}

/** What matched, and what the `*` stands for. */
export interface PatternMatch<Value> {
  readonly value: Value;
  readonly capture: string;
  /** How many letters stand before the `*`. */
  readonly before: number;
}

interface Node<Value> {
  next: Map<number, Node<Value>> | undefined;
  /** Where a pattern's `*` stands here: what comes behind it, read from its end. */
  behind: Node<Value> | undefined;
  value: Value | undefined;
}

function node<Value>(): Node<Value> {
  return { next: undefined, behind: undefined, value: undefined };
}

/**
 * Patterns with one `*`, found by walking a name once: the cost grows with the
 * name's letters that match, not with the number of patterns.
 */
export class PatternIndex<Value> {
  readonly #root = node<Value>();

  /** Adds a pattern; gives `false` where it is known already. */
  add({ before, behind }: Pattern, value: Value): boolean {
    let at = this.#root;
    for (let index = 0; index < before.length; index++) {
      at = follow(at, before.charCodeAt(index));
    }
    at = at.behind ??= node();
    for (let index = behind.length - 1; index >= 0; index--) {
      at = follow(at, behind.charCodeAt(index));
    }
    if (at.value !== undefined) return false;
    at.value = value;
    return true;
  }

  /**
   * The pattern with the most letters that matches, of two with as many the one
   * with more before its `*`. The `*` stands for one letter or more.
   */
  match(name: string): PatternMatch<Value> | undefined {
    let value: Value | undefined;
    let letters = -1;
    let from = 0;
    let to = 0;
    let at: Node<Value> | undefined = this.#root;
    for (let before = 0; at !== undefined; before++) {
      let end: Node<Value> | undefined = at.behind;
      for (let behind = 0; end !== undefined; behind++) {
        if (before + behind >= name.length) break;
        if (end.value !== undefined && before + behind >= letters) {
          value = end.value;
          letters = before + behind;
          from = before;
          to = name.length - behind;
        }
        end = end.next?.get(name.charCodeAt(name.length - 1 - behind));
      }
      at = at.next?.get(name.charCodeAt(before));
    }
    if (value === undefined) return undefined;
    return { value, capture: name.slice(from, to), before: from };
  }
}

function follow<Value>(at: Node<Value>, unit: number): Node<Value> {
  const next = at.next ??= new Map();
  let child = next.get(unit);
  if (child === undefined) {
    child = node();
    next.set(unit, child);
  }
  return child;
}
