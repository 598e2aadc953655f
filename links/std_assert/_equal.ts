/** The plain prototype and none at all count as the same. */
function sameKind(a: object, b: object): boolean {
  const kindOfA = Object.getPrototypeOf(a) ?? Object.prototype;
  return kindOfA === (Object.getPrototypeOf(b) ?? Object.prototype);
}

function sameText(a: object, b: object): boolean {
  return (a instanceof RegExp && b instanceof RegExp) ||
    (a instanceof URL && b instanceof URL);
}

function enumerableKeys(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)
  );
}

/** Properties that hold `undefined` count: `{ a: undefined }` is not `{}`. */
function sameProperties(a: object, b: object, pairs: Pairs): boolean {
  const keys = enumerableKeys(a);
  if (keys.length !== enumerableKeys(b).length) return false;
  return keys.every((key) =>
    Object.hasOwn(b, key) &&
    compare(Reflect.get(a, key), Reflect.get(b, key), pairs)
  );
}

/** An error's words are no enumerable properties. */
function sameWords(a: Error, b: Error): boolean {
  return a.name === b.name && a.message === b.message;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** Sets and maps are compared without regard to order. */
function sameEntries(
  a: ReadonlySet<unknown> | ReadonlyMap<unknown, unknown>,
  b: ReadonlySet<unknown> | ReadonlyMap<unknown, unknown>,
  pairs: Pairs,
): boolean {
  if (a.size !== b.size) return false;
  const left = [...b];
  for (const entry of a) {
    const at = left.findIndex((other) => compare(entry, other, pairs));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return true;
}

/** The pairs that are being compared, so that cycles end. */
type Pairs = Map<object, object>;

function compare(a: unknown, b: unknown, pairs: Pairs): boolean {
  if (typeof a === "number" && typeof b === "number") {
    return a === b || (Number.isNaN(a) && Number.isNaN(b));
  }
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (sameText(a, b)) return String(a) === String(b);
  if (a instanceof Date && b instanceof Date) {
    return Object.is(a.getTime(), b.getTime());
  }
  if (!sameKind(a, b)) return false;
  if (pairs.get(a) === b) return true;
  pairs.set(a, b);
  if (
    (a instanceof Set && b instanceof Set) ||
    (a instanceof Map && b instanceof Map)
  ) {
    return sameEntries(a, b, pairs);
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return sameBytes(a, b);
  }
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) {
    return false;
  }
  if (a instanceof Error && b instanceof Error && !sameWords(a, b)) {
    return false;
  }
  return sameProperties(a, b, pairs);
}

/** Tells whether two values are equal in depth. */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}
