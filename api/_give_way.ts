import { wait } from "@llm-proxy/core";
import type { RequestContext } from "./endpoints.ts";

/** What is shorter keeps nobody waiting, in bytes or UTF-16 units. */
const SHORT = 1024 * 1024;
/** Time enough for small requests to come, be served and be gone, in ms. */
const PAUSE_MS = 2;

/**
 * Lets whoever else waits have a turn between two steps that take long with
 * something so long (L11).
 *
 * @returns Nothing where it is short.
 * @throws {GatewayError} when the caller leaves meanwhile.
 */
export function giveWay(
  { exchange }: Pick<RequestContext, "exchange">,
  length: number,
): Promise<void> | undefined {
  return length <= SHORT ? undefined : wait(PAUSE_MS, exchange.signal);
}
