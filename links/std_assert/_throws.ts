import { AssertionError, failWith } from "./_assertion_error.ts";

/** A class of errors, abstract ones included. */
export type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/** What the caller of `assertThrows` or `assertRejects` expects. */
interface Expected {
  readonly type: ErrorClass<Error> | undefined;
  readonly includes: string;
  readonly msg: string | undefined;
}

function readExpected(
  classOrMsg: ErrorClass<Error> | string | undefined,
  includes = "",
  msg?: string,
): Expected {
  return typeof classOrMsg === "string"
    ? { type: undefined, includes: "", msg: classOrMsg }
    : { type: classOrMsg, includes, msg };
}

function checkError(error: unknown, expected: Expected, verb: string): void {
  const { type, includes, msg } = expected;
  if (!type) return;
  const tail = msg ? `: ${msg}` : ".";
  if (!(error instanceof Error)) {
    throw new AssertionError(`A non-Error object was ${verb}${tail}`);
  }
  if (!(error instanceof type)) {
    const { constructor } = error as Error;
    throw new AssertionError(
      `Expected error to be instance of "${type.name}", but was "${constructor?.name}"${tail}`,
    );
  }
  if (!error.message.includes(includes)) {
    throw new AssertionError(
      `Expected error message to include "${includes}", but got "${error.message}"${tail}`,
    );
  }
}

/** Fails unless `fn` throws; returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Fails unless `fn` throws an error of a class whose message has a part; returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
/** Fails unless `fn` throws; returns what it threw. */
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const expected = readExpected(classOrMsg, msgIncludes, msg);
  try {
    fn();
  } catch (error) {
    checkError(error, expected, "thrown");
    return error;
  }
  failWith("Expected function to throw", expected.msg);
}

/** Fails unless the promise of `fn` rejects; resolves with the reason. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Fails unless the promise of `fn` rejects with an error of a class whose message has a part. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
/** Fails unless the promise of `fn` rejects; resolves with the reason. */
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const expected = readExpected(classOrMsg, msgIncludes, msg);
  let promise: PromiseLike<unknown> | undefined;
  try {
    promise = fn();
  } catch {
    // Reported below, as is a function that returned no promise.
  }
  if (typeof promise?.then !== "function") {
    failWith("Function throws when expected to reject", expected.msg);
  }
  try {
    await promise;
  } catch (error) {
    checkError(error, expected, "rejected");
    return error;
  }
  failWith("Expected function to reject", expected.msg);
}
