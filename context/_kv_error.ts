import { StateError, type StateErrorCode } from "./state_error.ts";

/** What SQLite and Deno KV say, and what it means. */
const MEANINGS: readonly (readonly [RegExp, StateErrorCode, string])[] = [
  [
    /too large|too many|too big/i,
    "too_large",
    "The database does not take so much at once",
  ],
  [
    /is locked|batch transaction failed/i,
    "locked",
    "The state file is locked by another process",
  ],
  [
    /disk is full|disk I\/O error/i,
    "full",
    "The state file cannot grow: the disk is full or fails",
  ],
  [/read-?only/i, "read_only", "The state file can only be read"],
  [
    /malformed|not a database/i,
    "corrupt",
    "The state file is corrupt",
  ],
  [
    /encoding \d+ is unknown/i,
    "unreadable",
    "A stored row is nothing that Deno KV knows",
  ],
  [/Bad resource|is closed/i, "closed", "The store is closed"],
  [
    /openKv is not a function/,
    "unavailable",
    "Deno KV needs to be run with --unstable-kv",
  ],
];

/** Tells a failure of Deno KV in the words of this package. */
export function toStateError(cause: unknown): StateError {
  if (cause instanceof StateError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  for (const [pattern, code, message] of MEANINGS) {
    if (pattern.test(text)) return new StateError(code, message, { cause });
  }
  return new StateError("unavailable", "The state is out of reach", { cause });
}
