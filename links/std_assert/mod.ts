/**
 * A stand-in for the part of `@std/assert` that the tests use, for machines
 * that cannot reach JSR. `contract_test.ts` holds against the real package too.
 *
 * @module
 */
import { AssertionError, failWith } from "./_assertion_error.ts";
import { equal } from "./_equal.ts";

export { AssertionError } from "./_assertion_error.ts";
export { assertRejects, assertThrows, type ErrorClass } from "./_throws.ts";
export { equal } from "./_equal.ts";

/** A class, abstract ones included. */
export type AnyClass<T> = abstract new (...args: never[]) => T;

function show(value: unknown): string {
  return Deno.inspect(value, { depth: 10, strAbbreviateSize: Infinity });
}

/** Fails unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Fails unless `expr` is falsy. */
export function assertFalse(
  expr: unknown,
  msg?: string,
): asserts expr is false | 0 | "" | null | undefined {
  if (expr) failWith("Expected value to be falsy", msg);
}

/** Fails unless the values are equal in depth. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  const both = `\n\n    actual: ${show(actual)}\n  expected: ${show(expected)}`;
  throw new AssertionError(
    `Values are not equal${msg ? `: ${msg}` : "."}${both}\n`,
  );
}

/** Fails where the values are equal in depth. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  failWith(`Expected actual: ${show(actual)} not to be: the same`, msg);
}

/** Fails unless the values are the same value, as `Object.is` has it. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const both = `\n\n    actual: ${show(actual)}\n  expected: ${show(expected)}`;
  throw new AssertionError(
    `Values are not strictly equal${msg ? `: ${msg}` : "."}${both}\n`,
  );
}

/** Fails for `null` and `undefined`. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  failWith(`Expected actual: "${actual}" to not be null or undefined`, msg);
}

/** Fails unless `actual` is an instance of the class. */
export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: AnyClass<T>,
  msg?: string,
): asserts actual is T {
  if (actual instanceof expectedType) return;
  failWith(
    `Expected object to be an instance of "${expectedType.name}"`,
    msg,
  );
}

/** Fails unless the text has the part. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (actual.includes(expected)) return;
  failWith(`Expected actual: "${actual}" to contain: "${expected}"`, msg);
}

/** Fails unless the pattern matches. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (expected.test(actual)) return;
  failWith(`Expected actual: "${actual}" to match: "${expected}"`, msg);
}

/** Fails where the pattern matches. */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (!expected.test(actual)) return;
  failWith(`Expected actual: "${actual}" to not match: "${expected}"`, msg);
}

/** Fails unless each expected item equals one of the list, in depth. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const items = Array.from(actual);
  const missing = Array.from(expected).filter((wanted) =>
    !items.some((item) => equal(item, wanted))
  );
  if (missing.length === 0) return;
  failWith(
    `Expected actual: "${show(actual)}" to include: "${
      show(expected)
    }"\nmissing: ${show(missing)}`,
    msg,
  );
}

/** Fails unless `actual` is greater. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (actual > expected) return;
  failWith(`Expect ${show(actual)} > ${show(expected)}`, msg);
}

/** Fails unless `actual` is greater or equal. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (actual >= expected) return;
  failWith(`Expect ${show(actual)} >= ${show(expected)}`, msg);
}

/** Fails unless `actual` is less. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (actual < expected) return;
  failWith(`Expect ${show(actual)} < ${show(expected)}`, msg);
}

/** Fails unless `actual` is less or equal. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (actual <= expected) return;
  failWith(`Expect ${show(actual)} <= ${show(expected)}`, msg);
}

/** Fails always. */
export function fail(msg?: string): never {
  failWith("Failed assertion", msg);
}
