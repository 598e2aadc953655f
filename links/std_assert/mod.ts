import assert_ from "node:assert/strict";

/** Throws where `expr` is not truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  assert_.ok(expr, msg || "Assertion failed");
}
/** Throws where the values differ in depth. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  assert_.deepEqual(actual, expected, msg);
}
