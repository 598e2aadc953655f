import { GatewayError } from "@llm-proxy/core";
import type { AttemptTrace } from "./attempt_trace.ts";

/**
 * Sends nothing on that is not whole.
 *
 * @throws {GatewayError} 400 `loss_refused`.
 */
export function refuseLosses({ losses }: AttemptTrace): void {
  if (losses.empty) return;
  const [first] = losses.losses;
  throw new GatewayError(
    "invalid_request",
    `This key wants nothing lost on the way to a provider: ${losses}`,
    { code: "loss_refused", ...(first && { param: first.field }) },
  );
}
