/** What an option of type number may be. */
export interface NumberRule {
  /** The least value. */
  readonly least: number;
  /** The greatest value. @default {Infinity} */
  readonly most?: number;
  /** Whether fractions are refused. @default {false} */
  readonly whole?: boolean;
}

/**
 * Gives back an option's value if it keeps to its rule.
 *
 * @param name Where it stands, for example `CircuitBreaker: 'jitter'`.
 * @throws {RangeError} naming the option and the value.
 */
// deno-lint-ignore house/max-required-params -- one line for each option reads best so
export function checkNumber(
  name: string,
  value: number,
  { least, most = Infinity, whole = false }: NumberRule,
): number {
  if (
    typeof value === "number" && value >= least && value <= most &&
    (!whole || Number.isInteger(value))
  ) return value;
  const kind = whole ? "a whole number" : "a number";
  const upTo = most === Infinity ? "" : ` and not above ${most}`;
  throw new RangeError(
    `Cannot make a ${name} must be ${kind} not below ${least}${upTo}, got '${value}'`,
  );
}
