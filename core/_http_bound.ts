/** An option of an `HttpClient` that is a number, or a fault that names it. */
export function bound(name: string, value: number, least = 0): number {
  if (typeof value === "number" && value >= least) return value;
  throw new RangeError(
    `Cannot make an HttpClient: '${name}' must be a number not below ${least}, got '${value}'`,
  );
}
