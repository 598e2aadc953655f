/** A step of a path: the key of a map or the index of a list. */
export type Step = PropertyKey;

/** Longest foreign text that is repeated in a message. */
const MAX_QUOTED = 40;

/**
 * A path as a person writes it: `providers[0].base_url`. Keys of free choice,
 * such as header names, stand in brackets, and not at all where they are long.
 */
export function formatPath(path: readonly Step[]): string {
  let text = "";
  for (const step of path) {
    const name = String(step);
    if (typeof step === "number") text += `[${name}]`;
    else if (/^[a-z][a-z0-9_]{0,39}$/.test(name)) {
      text += text === "" ? name : `.${name}`;
    } else {text += name.length <= MAX_QUOTED
        ? `[${JSON.stringify(name)}]`
        : "[…]";}
  }
  return text;
}

/** Whether what stands at or below a path may be a secret. */
export function isSecret(path: readonly Step[]): boolean {
  return path[0] === "auth" || path[0] === "state" && path[1] === "token" ||
    path.some((step) =>
      typeof step === "string" &&
      /^api_?key|^custom_headers$|^headers$|^proxy$/i.test(step)
    );
}

/** Whether a foreign text may be repeated: short, and in the shape of a word. */
export function isQuotable(text: string): boolean {
  return text.length <= MAX_QUOTED && /^[\p{L}\p{N} _./:-]+$/u.test(text);
}
