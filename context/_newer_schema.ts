import { StateError } from "./state_error.ts";

/** Says that a newer program wrote what is stored. */
export function newerSchema(stored: unknown, known: number): StateError {
  return new StateError(
    "newer_schema",
    `The state has schema ${stored} and this program knows no newer one than ${known}: run the program that wrote it, or name another state directory`,
  );
}
