import { isMap, isNode, isScalar, isSeq, type Node } from "yaml";
import type { Interpolation } from "./_config_env.ts";
import type { Step } from "./_config_path.ts";

/** What stands at a path of the tree. */
export interface Place {
  /** Of the value, of the key where no value is written, of the map where the key is missing. */
  readonly offset: number;
  /** The offset of the key, where the last step is one. */
  readonly keyOffset: number;
  /** Whether the value came from the environment. */
  readonly fromEnv: boolean;
  /** Whether the whole scalar was one `${…}`. */
  readonly whole: boolean;
  /** Whether the value has a problem of its own already. */
  readonly broken: boolean;
}

/** What reading a document has found out about its nodes. */
export interface Marks {
  /** Alias to what it stands for. */
  readonly targets: Map<Node, Node>;
  /** Scalars that held a `${…}`. */
  readonly interpolated: Map<Node, Pick<Interpolation, "whole">>;
  /** Nodes that a problem has been told of. */
  readonly broken: Set<Node>;
}

/** What {@linkcode placeOf} looks in. */
export interface PlaceOptions {
  /** The document's content. */
  readonly root: unknown;
  readonly marks: Marks;
}

/** Where the value at a path stands, or should stand. */
export function placeOf(
  path: readonly Step[],
  { root, marks }: PlaceOptions,
): Place {
  let node = root;
  let offset = offsetOf(root);
  let keyOffset = offset;
  let broken = false;
  for (const step of path) {
    node = resolve(node, marks);
    if (isSeq(node)) {
      node = node.items[Number(step)];
      keyOffset = offset = isNode(node) ? offsetOf(node) : offset;
    } else if (isMap(node)) {
      const pair = node.items.find(({ key }) => keyOf(key) === step);
      if (pair === undefined) {
        return {
          offset,
          keyOffset: offset,
          fromEnv: false,
          whole: false,
          broken,
        };
      }
      keyOffset = offsetOf(pair.key);
      node = pair.value;
      offset = isEmpty(node) ? keyOffset : offsetOf(node);
    } else break;
    broken ||= isNode(node) && marks.broken.has(node);
  }
  const target = resolve(node, marks);
  const found = isNode(target) ? marks.interpolated.get(target) : undefined;
  return {
    offset,
    keyOffset,
    fromEnv: found !== undefined,
    whole: found?.whole ?? false,
    broken: broken || isNode(target) && marks.broken.has(target),
  };
}

function resolve(node: unknown, { targets }: Marks): unknown {
  return isNode(node) ? targets.get(node) ?? node : node;
}

/** Where a node begins. */
export function offsetOf(node: unknown): number {
  return isNode(node) ? node.range?.[0] ?? 0 : 0;
}

function isEmpty(node: unknown): boolean {
  return !isNode(node) || isScalar(node) && node.value === null;
}

/** The text of a key; `undefined` where it is none. */
export function keyOf(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  if (typeof key.value === "string") return key.value;
  // `8000:` and `true:` are texts in the mouth of whoever wrote them.
  return typeof key.value === "number" || typeof key.value === "boolean"
    ? key.source ?? String(key.value)
    : undefined;
}
