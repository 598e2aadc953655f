import {
  StartingStateStore,
  type StateAlarm,
  type StateFileVerdict,
  type StateLocation,
} from "@llm-proxy/context";
import type { Logger } from "@llm-proxy/logging";

/** How loud each alarm is. */
const LEVELS = {
  degraded: "error",
  quarantined: "error",
  lost: "error",
  unchecked: "warn",
  resumed: "warn",
} as const satisfies Record<StateAlarm["type"], "warn" | "error">;

/** Says that a unit's first step has checked the file: the service itself may run nothing. */
const CHECKED = "LLM_PROXY_STATE_CHECKED";

/** Begins to open the service's state; what an operator should know is logged. */
export function openState(
  location: StateLocation,
  { logger, isShared }: {
    readonly logger: Logger;
    /** Whether several processes on this machine have it. */
    readonly isShared: boolean;
  },
): StartingStateStore {
  return new StartingStateStore(location, {
    ...isShared && { isShared },
    ...Deno.env.get(CHECKED) === "1" && { check: wasChecked },
    onAlarm: ({ type, ...fields }) =>
      logger[LEVELS[type]](`state ${type}`, fields),
  });
}

function wasChecked(): Promise<StateFileVerdict> {
  return Promise.resolve({ state: "sound", detail: "checked before" });
}

/** Whether Deno lets the files of a directory be read and written. */
export function mayKeepFiles(path: string): boolean {
  return (["read", "write"] as const).every((name) =>
    Deno.permissions.querySync({ name, path }).state === "granted"
  );
}
