/** What every assertion throws. */
export class AssertionError extends Error {
  /** Makes the error of a failed assertion. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Throws `what`, followed by the caller's own words where there are any. */
export function failWith(what: string, msg: string | undefined): never {
  throw new AssertionError(msg ? `${what}: ${msg}` : `${what}.`);
}
