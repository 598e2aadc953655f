/**
 * What the schema knows and this version does not do yet, as paths (`[]`
 * stands for every entry of a list). Whoever makes one work deletes its line.
 */
export const PENDING: readonly string[] = [];

/** One notice for each pending path that `data` sets, so that nobody relies on it. */
export function pendingNotices(
  data: unknown,
  paths: readonly string[] = PENDING,
): string[] {
  return paths.filter((path) => isSet(data, path.split(".")))
    .map((path) => `${path} is accepted but not in force in this version`);
}

function isSet(data: unknown, path: readonly string[]): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return true;
  if (typeof data !== "object" || data === null) return false;
  const list = step.endsWith("[]");
  const key = list ? step.slice(0, -2) : step;
  if (!Object.hasOwn(data, key)) return false;
  const value = (data as Record<string, unknown>)[key];
  if (!list) return isSet(value, rest);
  return Array.isArray(value) && value.some((entry) => isSet(entry, rest));
}
