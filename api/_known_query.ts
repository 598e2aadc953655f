import { GatewayError } from "@llm-proxy/core";
import { mean, nearest } from "./_nearest.ts";

/**
 * Refuses a query with a word that nobody knows: passed over, it would show
 * what was not asked for.
 *
 * @throws {GatewayError} 400 `invalid_query`, with what was probably meant.
 */
export function checkQuery(
  query: URLSearchParams,
  known: readonly string[],
): void {
  for (const name of query.keys()) {
    if (known.includes(name)) continue;
    const meant = nearest(name, known);
    const shown = name.slice(0, 64);
    throw new GatewayError(
      "invalid_request",
      `There is no parameter '${shown}'${
        meant === undefined ? `: use ${known.join(", ")}` : mean(meant)
      }`,
      { code: "invalid_query", param: shown },
    );
  }
}
