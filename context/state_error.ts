/**
 * Why a store refused:
 *
 * - `too_large`: a key, a value or a batch is beyond the limits;
 * - `full`: the disk or the memory is full;
 * - `contended`: it is written faster than it can be read;
 * - `locked`: another process holds the file;
 * - `read_only`: the file cannot be written;
 * - `corrupt`: the file cannot be read;
 * - `unreadable`: a row is nothing that this program wrote;
 * - `newer_schema`: a newer version of the program wrote it;
 * - `unavailable`: it is out of reach, or something else is wrong with it;
 * - `closed`: the store was closed.
 */
export type StateErrorCode =
  | "too_large"
  | "full"
  | "contended"
  | "locked"
  | "read_only"
  | "corrupt"
  | "unreadable"
  | "newer_schema"
  | "unavailable"
  | "closed";

/** What a {@linkcode StateError} may carry besides its message. */
export interface StateErrorOptions {
  /** What went wrong beneath. */
  readonly cause?: unknown;
  /**
   * Whether the write may have been done all the same: the answer is missing.
   *
   * @default {false}
   */
  readonly isUncertain?: boolean;
}

/**
 * What a {@linkcode StateStore} throws when it cannot do its work.
 *
 * @example Told apart by its code
 * ```ts
 * import { MemoryStateStore, StateError } from "@llm-proxy/context";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const store = new MemoryStateStore();
 * const error = await store.set(["k".repeat(5_000)], 1).catch((error) => error);
 * assert(error instanceof StateError);
 * assertEquals(error.code, "too_large");
 * ```
 */
export class StateError extends Error {
  /** Tells the classes apart. */
  override readonly name: string = "StateError";
  /** A stable word for programs. */
  readonly code: StateErrorCode;
  /** Whether the write may have been done all the same. */
  readonly isUncertain: boolean;

  /** Makes an error of a store. */
  constructor(
    code: StateErrorCode,
    message: string,
    options: StateErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.isUncertain = options.isUncertain ?? false;
  }
}
