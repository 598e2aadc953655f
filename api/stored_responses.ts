import { GatewayError } from "@llm-proxy/core";
import { responsesCountClient } from "@llm-proxy/core/dialects/openai-responses";
import { sendJson, sendJsonText } from "./_send_json.ts";
import type { RequestContext } from "./endpoints.ts";
import { checkModel, readJson } from "./read_json.ts";
import { chainOf, type Item, itemsOf, outputOf } from "./_response_chain.ts";
import type { StoredResponse } from "./response_store.ts";
import { answerCount } from "./token_count.ts";

const MAX_PAGE = 100;

/**
 * `GET /v1/responses/{id}`: a response that is kept.
 *
 * @throws {GatewayError} 404 where there is none of the caller's.
 */
export async function getResponse(context: RequestContext): Promise<void> {
  const { text } = await find(context);
  sendJsonText(context, text);
}

/**
 * `DELETE /v1/responses/{id}`.
 *
 * @throws {GatewayError} 404 where there is none of the caller's.
 */
export async function deleteResponse(context: RequestContext): Promise<void> {
  const { gateway, record } = context;
  const id = idOf(context);
  if (!await gateway.responses.forget(record.key ?? "", id)) throw missing(id);
  sendJson(context, { id, object: "response", deleted: true });
}

/**
 * `GET /v1/responses/{id}/input_items`: what its request said, with all
 * that it goes on with, the latest first unless `order` is `asc`.
 *
 * @throws {GatewayError} 404 where there is none of the caller's.
 */
export async function getInputItems(context: RequestContext): Promise<void> {
  const stored = await find(context);
  const [, search = ""] = context.exchange.target.split("?", 2);
  const query = new URLSearchParams(search);
  const limit = Number(query.get("limit") ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new GatewayError(
      "invalid_request",
      `Invalid 'limit': expected an integer from 1 to ${MAX_PAGE}`,
      { code: "invalid_value", param: "limit" },
    );
  }
  const id = idOf(context);
  const { previous } = stored;
  const chain = previous === undefined
    ? []
    : await context.record.waiting.during(chainOf(context, previous));
  const items: Item[] = chain.flatMap((before, place) => [
    ...named(before.input, chain[place + 1]?.previous ?? previous ?? id),
    ...outputOf(before),
  ]);
  items.push(...named(stored.input, id));
  if (query.get("order") !== "asc") items.reverse();
  const after = query.get("after");
  const start = items.findIndex((item) => item.id === after) + 1;
  const data = items.slice(start, start + limit);
  sendJson(context, {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < items.length,
  });
}

/**
 * `POST /v1/responses/{id}/cancel`: nothing runs in the background here.
 *
 * @throws {GatewayError} 400, or 404 where there is no such response.
 */
export async function cancelResponse(context: RequestContext): Promise<void> {
  await find(context);
  throw new GatewayError(
    "invalid_request",
    "Only a response that was asked for with 'background: true' can be cancelled",
    { code: "response_not_cancellable" },
  );
}

/**
 * `POST /v1/responses/input_tokens`: how many tokens a request would come to.
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function countInput(context: RequestContext): Promise<void> {
  const document = await readJson(context);
  await answerCount(context, {
    document,
    model: checkModel(document),
    client: responsesCountClient,
  });
}

/** Items of a request need no ids; lists of them do. */
function named(input: string, response: string): Item[] {
  return itemsOf(input).map((item, index) => ({
    id: `item_${response}_${index}`,
    ...item,
  }));
}

async function find(context: RequestContext): Promise<StoredResponse> {
  const { gateway, record } = context;
  const id = idOf(context);
  const stored = await gateway.responses.get(record.key ?? "", id);
  if (stored === undefined) throw missing(id);
  return stored;
}

function idOf({ exchange }: RequestContext): string {
  return (exchange.path.split("/")[3] ?? "").slice(0, 256);
}

function missing(id: string): GatewayError {
  return new GatewayError(
    "not_found",
    `Response with id '${id.slice(0, 64)}' not found`,
    { code: "response_not_found", param: "id" },
  );
}
