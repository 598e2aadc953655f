import { Breakers } from "@llm-proxy/core/routing";
import type { Logger } from "@llm-proxy/logging";
import type { Config } from "./config_types.ts";
import { breakersOptions } from "./resilience_options.ts";

/** Breakers as a config wants them, whose changes are logged. */
export function loggedBreakers(
  config: Config | undefined,
  logger: Logger,
): Breakers {
  return new Breakers({
    ...config && breakersOptions(config.circuit_breaker),
    onStateChange: (deployment, { from, to, reason }) =>
      logger.warn("a circuit breaker has changed", {
        deployment,
        from,
        to,
        reason,
      }),
  });
}
