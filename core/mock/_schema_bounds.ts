import type { JsonObject } from "./_json_fields.ts";

/** The largest number; `floor` where none is larger. */
export function largest(numbers: readonly number[], floor: number): number {
  return numbers.reduce((a, b) => Math.max(a, b), floor);
}

/** The smallest number; `ceiling` where none is smaller. */
export function smallest(numbers: readonly number[], ceiling: number): number {
  return numbers.reduce((a, b) => Math.min(a, b), ceiling);
}

/** All numbers that schemas give for a keyword. */
export function numbersOf(
  schemas: readonly JsonObject[],
  keyword: string,
): number[] {
  const numbers: number[] = [];
  for (const schema of schemas) {
    const value = schema[keyword];
    if (typeof value === "number") numbers.push(value);
  }
  return numbers;
}
