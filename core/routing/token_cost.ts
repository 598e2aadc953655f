import type { TokenPrices } from "./deployment.ts";
import type { RouteRequest } from "./route_request.ts";

/** What is supposed of an answer whose length nobody knows, in tokens. */
const USUAL_OUTPUT = 500;
/** What is supposed of a request whose length nobody knows, in tokens. */
const USUAL_INPUT = 1000;

/**
 * What a request will cost about, in millionths of a US dollar, rounded up; the
 * longest answer that it allows is counted.
 *
 * @returns `undefined` where the prices are unknown.
 *
 * @example A thousand tokens there and a hundred back
 * ```ts
 * import { estimateCost } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const prices = { input: 2.5, output: 10 };
 * assertEquals(estimateCost({ inputTokens: 1000, outputTokens: 100 }, prices), 3500);
 * ```
 */
export function estimateCost(
  { inputTokens = USUAL_INPUT, outputTokens = USUAL_OUTPUT }: Pick<
    RouteRequest,
    "inputTokens" | "outputTokens"
  >,
  prices: TokenPrices | undefined,
): number | undefined {
  if (prices === undefined) return undefined;
  return Math.ceil(inputTokens * prices.input + outputTokens * prices.output);
}
