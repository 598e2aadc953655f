import { GatewayError, parseJsonText } from "@llm-proxy/core";
import type { RequestContext } from "./endpoints.ts";
import type { StoredResponse } from "./response_store.ts";

/** Most responses that one may go on with, in a row. */
const MAX_TURNS = 500;

/** An item of a request or an answer. */
export type Item = Readonly<Record<string, unknown>>;

/** The items of a request's own input. */
export function itemsOf(input: string): readonly Item[] {
  return parseJsonText(input) as readonly Item[];
}

/** The items that a response has answered. */
export function outputOf({ text }: StoredResponse): readonly Item[] {
  const { output } = parseJsonText(text) as { readonly output: unknown };
  return Array.isArray(output) ? output : [];
}

/**
 * What a response goes on with, the oldest first; none where it is not known.
 *
 * @throws {GatewayError} 400 where what it itself goes on with is gone.
 */
export async function chainOf(
  { gateway, record }: RequestContext,
  id: string,
): Promise<readonly StoredResponse[]> {
  const owner = record.key ?? "";
  const chain: StoredResponse[] = [];
  let size = 0;
  const most = gateway.config.server.max_body_mb * 1024 * 1024;
  for (let next: string | undefined = id; next !== undefined;) {
    const stored: StoredResponse | undefined = await gateway.responses.get(
      owner,
      next,
    );
    if (stored === undefined) {
      if (chain.length === 0) return [];
      throw gone(next);
    }
    chain.unshift(stored);
    size += stored.text.length + stored.input.length;
    if (chain.length > MAX_TURNS || size > most) {
      throw new GatewayError(
        "too_large",
        "What 'previous_response_id' stands for is too long: send the 'input' that still counts",
        { code: "request_too_large", param: "previous_response_id" },
      );
    }
    next = stored.previous;
  }
  return chain;
}

function gone(id: string): GatewayError {
  return new GatewayError(
    "invalid_request",
    `Previous response with id '${id.slice(0, 64)}' not found`,
    { code: "previous_response_not_found", param: "previous_response_id" },
  );
}
