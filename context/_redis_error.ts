import { StateError, type StateErrorCode } from "./state_error.ts";

/** What Redis says first in an error, and what it means. */
const MEANINGS: ReadonlyMap<string, readonly [StateErrorCode, string]> =
  new Map([
    ["OOM", ["full", "The Redis server has no memory left"]],
    ["MISCONF", ["full", "The Redis server cannot write its disk"]],
    ["NOREPLICAS", ["read_only", "The Redis server has too few replicas"]],
    ["READONLY", ["read_only", "The Redis server is a replica"]],
    ["NOAUTH", ["unavailable", "The Redis server wants a password"]],
    ["WRONGPASS", ["unavailable", "The Redis server refuses the password"]],
    ["NOPERM", ["unavailable", "The Redis server denies its user a command"]],
    ["WRONGTYPE", ["unreadable", "A key of Redis is none of this store"]],
  ]);

/** Whether the server itself said no: then it has done nothing. */
export function isReply(cause: unknown): cause is Error {
  return cause instanceof Error && cause.name === "ReplyError";
}

/** What an error of the server begins with, such as `NOSCRIPT`. */
export function replyCode({ message }: Error): string {
  return message.split(" ", 1)[0] ?? "";
}

/**
 * Tells a failure of the client of Redis in the words of this package. Of the
 * cause there is only its message: the client's own errors have the arguments
 * of the command with them, such as the password.
 */
export function redisStateError(cause: unknown, isWrite: boolean): StateError {
  if (cause instanceof StateError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const bare = new Error(text);
  if (!isReply(cause)) {
    return new StateError("unavailable", "The state is out of reach", {
      cause: bare,
      isUncertain: isWrite,
    });
  }
  const known = MEANINGS.get(replyCode(cause));
  const [code, message] = known ??
    ["unavailable", "The Redis server refuses a command"];
  return new StateError(code, message, { cause: bare });
}
