import {
  StartingStateStore,
  type StateAlarm,
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
    onAlarm: ({ type, ...fields }) =>
      logger[LEVELS[type]](`state ${type}`, fields),
  });
}

/** Whether Deno lets the files of a directory be read and written. */
export function mayKeepFiles(path: string): boolean {
  return (["read", "write"] as const).every((name) =>
    Deno.permissions.querySync({ name, path }).state === "granted"
  );
}
