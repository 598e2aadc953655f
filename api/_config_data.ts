import type { PathProblem } from "./_config_issues.ts";
import type { Step } from "./_config_path.ts";

/** Data of a file before the schema has vouched for it. */
export type Data = Readonly<Record<string, unknown>>;

/** A map, or an empty one where something else stands. */
export function mapIn(value: unknown): Data {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Data
    : {};
}

/** A list, or an empty one where something else stands. */
export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** What stands at a path; `undefined` where nothing does. */
export function valueAt(data: unknown, path: readonly Step[]): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    if (!Object.hasOwn(value, step)) return undefined;
    value = (value as Record<Step, unknown>)[step];
  }
  return value;
}

/** Where a text stands that stood before already. */
export function repeatedIn(values: readonly unknown[]): number[] {
  const seen = new Set<unknown>();
  return values.flatMap((value, index) => {
    const isRepeated = typeof value === "string" && seen.has(value);
    seen.add(value);
    return isRepeated ? [index] : [];
  });
}

/** What {@linkcode checkOrder} compares. */
export interface OrderOptions {
  readonly problems: PathProblem[];
  /** The path of the map, then the key of the smaller number, then that of the larger. */
  readonly path: readonly (string | number)[];
}

/** Notes where a number that bounds another is the smaller one. */
export function checkOrder(
  data: Data,
  { problems, path }: OrderOptions,
): void {
  const map = path.slice(0, -2);
  const [small, large] = path.slice(-2).map(String);
  if (small === undefined || large === undefined) return;
  const least = data[small];
  const most = data[large];
  if (typeof least !== "number" || typeof most !== "number") return;
  if (least <= most) return;
  problems.push({
    path: [...map, small],
    message: `${small} must not be more than ${large}`,
  });
}
