import { ProviderChecks } from "@llm-proxy/core";
import type { Gateway } from "./gateway.ts";

const SECOND = 1000;

/** Asks every provider from time to time how it is, where that is wanted. */
export function startChecks(
  { config, health, providers }: Gateway,
): ProviderChecks | undefined {
  const { enabled, interval, timeout } = config.health_check;
  if (!enabled) return undefined;
  const checks = new ProviderChecks({
    health,
    interval: interval * SECOND,
    timeout: timeout * SECOND,
  });
  checks.watch(providers);
  return checks;
}
