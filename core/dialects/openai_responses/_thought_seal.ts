/** What a sealed piece of thought belongs to. */
export type SealKind =
  /** The signature of the thought whose summary stands beside it. */
  | "signature"
  /** Thought that only its provider can read. */
  | "redacted"
  /** The signature of the tool call that comes next. */
  | "call"
  /** The signature of the text that came last. */
  | "text"
  /** The signature of a text without words. */
  | "blank";

/** A provider's proof of its own thought, in a form that clients echo. */
export interface ThoughtSeal {
  readonly kind: SealKind;
  /** The proof as its provider wrote it. */
  readonly data: string;
}

/** What tells the gateway's own `encrypted_content` from a provider's. */
const PREFIX = "llmp1.";

const KINDS: ReadonlyMap<string, SealKind> = new Map([
  ["s", "signature"],
  ["r", "redacted"],
  ["c", "call"],
  ["t", "text"],
  ["b", "blank"],
]);

/** Writes a proof as `encrypted_content` (B29). */
export function sealThought({ kind, data }: ThoughtSeal): string {
  // The kinds differ in their first letter.
  return `${PREFIX}${kind[0]}.${data}`;
}

/**
 * Reads an `encrypted_content` of the gateway's own.
 *
 * @returns `undefined` where it is a provider's.
 */
export function openThought(content: unknown): ThoughtSeal | undefined {
  if (typeof content !== "string" || !content.startsWith(PREFIX)) {
    return undefined;
  }
  const kind = KINDS.get(content.charAt(PREFIX.length));
  if (kind === undefined || content.charAt(PREFIX.length + 1) !== ".") {
    return undefined;
  }
  return { kind, data: content.slice(PREFIX.length + 2) };
}
