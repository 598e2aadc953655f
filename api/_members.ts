/** What names an entry of a list, the first that it has. */
const NAMES = ["name", "match", "type"] as const;

/**
 * The members of an object, or the entries of a list by their names: paths of a
 * config stay the same where entries come, go or change places. `undefined` for
 * everything else.
 */
export function membersOf(value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const members = new Map<string, unknown>();
  for (const entry of value) {
    const name = nameOf(entry);
    if (name === undefined) return undefined;
    // Two of one name: told apart by their order.
    members.set(members.has(name) ? `${name}#${members.size}` : name, entry);
  }
  return members;
}

function nameOf(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const found = NAMES.map((key) => (entry as Record<string, unknown>)[key])
    .find((value) => typeof value === "string");
  return found as string | undefined;
}
