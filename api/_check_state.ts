import type { CliInput } from "./_cli.ts";
import { takeMark } from "./_clean_close.ts";
import { variableOrCredential } from "./_credentials.ts";
import { mayKeepFiles, statePlace } from "./_state_place.ts";

/**
 * `check-state` without a file: a unit's first step. It has the service's state
 * looked at, and put aside where it is corrupt; not where it was closed cleanly,
 * so that most starts have not to wait for it.
 *
 * @returns The exit code.
 */
export async function checkState(
  values: CliInput["values"],
): Promise<number> {
  const place = statePlace({
    option: values.get("state"),
    env: variableOrCredential(),
    config: {},
    mayWrite: mayKeepFiles,
  });
  if (typeof place !== "string" && place.location.type === "file") {
    if (await takeMark(place.location.directory)) return 0;
  }
  const { withState } = await import("./_with_state.ts");
  return await withState(values, () => Promise.resolve(0));
}
