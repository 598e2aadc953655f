import { isObject } from "./_json_fields.ts";

/**
 * What a `$ref` within the same document points at; `undefined` where it
 * points at nothing or out of the document.
 */
export function resolveRef(root: unknown, ref: string): unknown {
  if (!ref.startsWith("#")) return undefined;
  let pointer: string;
  try {
    pointer = decodeURIComponent(ref.slice(1));
  } catch {
    return undefined;
  }
  if (pointer === "") return root;
  if (!pointer.startsWith("/")) return undefined;
  let target = root;
  for (const token of pointer.slice(1).split("/")) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    const known = (isObject(target) || Array.isArray(target)) &&
      Object.hasOwn(target, key);
    if (!known) return undefined;
    target = (target as Record<string, unknown>)[key];
  }
  return target;
}
