import { parseJsonText } from "@llm-proxy/core";
import { collectBody, GatewayError, UpstreamError } from "@llm-proxy/core";
import { askState } from "./_ask_state.ts";
import { replyHeaders } from "./_reply_headers.ts";
import { markIds } from "./_stored_ids.ts";
import type { Answering, RequestContext } from "./endpoints.ts";
import type { Prepared } from "./prepared.ts";
import { seesAll, type StoredThing, tenantOf } from "./stored_owners.ts";

/** Members of files and batches that are ids of what is their owner's. */
const OWN = ["id", "output_file_id", "error_file_id"] as const;

/** What was asked of a provider's files or batches. */
export interface StoredAsk {
  readonly provider: string;
  /** Whether ids of the answer name the provider. */
  readonly marks: boolean;
  /** How many of a list are wanted at most; absent where it is none. */
  readonly limit?: number | undefined;
}

/**
 * Refuses what is another tenant's, in the words for what is not there.
 *
 * @throws {GatewayError} 404 `not_found`.
 */
export async function checkOwner(
  { gateway, record }: RequestContext,
  thing: StoredThing,
): Promise<void> {
  const tenant = tenantOf(record);
  if (tenant === undefined || seesAll(record)) return;
  const { owners } = gateway.parts;
  if (await askState(() => owners.ownerOf(thing)) === tenant) return;
  throw new GatewayError("not_found", `No such object: ${thing.id}`, {
    code: "not_found",
    param: "id",
  });
}

/** Tells the caller what the provider says, as far as it is the caller's own, and notes whose it is. */
export async function storedAnswer(
  { context, routed, trace, response }: Answering<Prepared>,
  { provider, marks, limit }: StoredAsk,
): Promise<void> {
  const { gateway, exchange, record } = context;
  const bytes = await record.waiting.during(collectBody(response.body));
  const value = parse(bytes);
  const { owners } = gateway.parts;
  const tenant = tenantOf(record);
  let told = value;
  if (Array.isArray(value.data) && limit !== undefined) {
    if (tenant !== undefined && !seesAll(record)) {
      told = await askState(() =>
        ownList(value, {
          limit,
          isOwn: async (id) =>
            await owners.ownerOf({ provider, id }) === tenant,
        })
      );
    }
  } else if (value.deleted === true) {
    await askState(() => owners.forget({ provider, id: String(value.id) }));
  } else if (tenant !== undefined) {
    const things = OWN.map((name) => value[name])
      .filter((id) => typeof id === "string")
      .map((id) => ({ provider, id }));
    // What an admin looks at stays whose it is.
    const news = exchange.method === "POST" || !seesAll(record) ? things : [];
    await owners.note(tenant, news).catch((cause) =>
      gateway.logger.error("it was not kept whose a file is", { cause })
    );
  }
  routed.commit();
  record.answers(trace);
  const headers = replyHeaders(record, response.headers);
  headers["content-type"] = "application/json";
  headers["cache-control"] = "no-store";
  const body = marks ? markIds(told, provider) : told;
  exchange.send(200, headers, JSON.stringify(body));
}

type Json = Readonly<Record<string, unknown>>;

/** A list without what is others'. */
async function ownList(
  list: Json,
  { limit, isOwn }: {
    readonly limit: number;
    readonly isOwn: (id: string) => Promise<boolean>;
  },
): Promise<Json> {
  const own: Json[] = [];
  for (const item of list.data as readonly Json[]) {
    if (typeof item?.id === "string" && await isOwn(item.id)) own.push(item);
  }
  const data = own.slice(0, limit);
  return {
    ...list,
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: own.length > limit || list.has_more === true,
  };
}

function parse(bytes: Uint8Array): Json {
  try {
    const value: unknown = parseJsonText(new TextDecoder().decode(bytes));
    if (typeof value === "object" && value !== null) return value as Json;
  } catch {
    // Told below.
  }
  throw new UpstreamError("upstream", "The provider's answer is no JSON", {
    code: "upstream_invalid_response",
  });
}
