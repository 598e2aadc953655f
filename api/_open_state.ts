import {
  checkStateFile,
  StartingStateStore,
  type StateAlarm,
  type StateFileVerdict,
  type StateLocation,
} from "@llm-proxy/context";
import type { Logger } from "@llm-proxy/logging";
import { dirname } from "node:path";
import { markClosed, takeMark } from "./_clean_close.ts";

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
    check: Deno.env.get(CHECKED) === "1" ? wasChecked : checkUnlessClosed,
    onAlarm: ({ type, ...fields }) =>
      logger[LEVELS[type]](`state ${type}`, fields),
  });
}

function wasChecked(): Promise<StateFileVerdict> {
  return Promise.resolve({ state: "sound", detail: "checked before" });
}

/** To read every page takes a process of its own, and its time. */
async function checkUnlessClosed(
  path: string,
  signal: AbortSignal,
): Promise<StateFileVerdict> {
  return await takeMark(dirname(path))
    ? { state: "sound", detail: "closed cleanly" }
    : await checkStateFile(path, { signal });
}

/** Ends the service's state, and notes that it was a clean end where it was. */
export async function closeState(
  state: StartingStateStore,
  location: StateLocation,
): Promise<void> {
  const { mode } = state.status;
  await state.close();
  // Of several processes the last one may still write.
  if (location.type === "file" && mode === "durable" && !state.isShared) {
    await markClosed(location.directory);
  }
}
