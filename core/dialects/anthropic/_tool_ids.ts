const ACCEPTED = /^[a-zA-Z0-9_-]+$/;
const PREFIX = "x_";

/**
 * A tool call's id in the letters that the dialect accepts (C8).
 *
 * Ids that fit stay as they are. Others get a prefix, and every character
 * besides letters, digits and `-` becomes `_` and four hexadecimal digits. Ids
 * that fit but begin with the prefix are written the same way, so that
 * different ids stay different and each one can be read back.
 */
export function wireCallId(id: string): string {
  if (ACCEPTED.test(id) && !id.startsWith(PREFIX)) return id;
  return PREFIX + id.replace(
    /[^a-zA-Z0-9-]/g,
    (unit) => `_${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Reads {@linkcode wireCallId} back; ids that it has not written stay as they are. */
export function readCallId(id: string): string {
  if (!id.startsWith(PREFIX)) return id;
  const read = id.slice(PREFIX.length).replace(
    /_([0-9a-f]{4})/g,
    (_, unit: string) => String.fromCharCode(parseInt(unit, 16)),
  );
  return wireCallId(read) === id ? read : id;
}
