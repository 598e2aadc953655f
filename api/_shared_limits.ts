import { limitStore, type StateStore } from "@llm-proxy/context";
import { grantLease, type SharedLimitOptions } from "@llm-proxy/core";
import type { Logger } from "@llm-proxy/logging";

/** The limits on callers that the processes with one state have in common. */
export function sharedLimits(
  state: StateStore,
  logger: Logger,
): SharedLimitOptions {
  return {
    store: limitStore(state, grantLease),
    onStore: (failure) => {
      if (failure === undefined) return logger.warn("shared limits are back");
      logger.error("shared limits are out of reach: each process has a share", {
        cause: failure.cause,
      });
    },
  };
}
