import { GatewayError, type ListedModel } from "@llm-proxy/core";
import { queryOf } from "./_query.ts";
import { decodeName } from "./_decode_name.ts";
import { sendJson } from "./_send_json.ts";
import type { RequestContext } from "./endpoints.ts";

const COLLECTION = "/models/";
/** How many models a page has, as Google says it. */
const DEFAULT_PAGE = 50;
const MAX_PAGE = 1_000;
/** What may be tried with every model: which can do what, only their providers know. */
const METHODS = [
  "generateContent",
  "countTokens",
  "embedContent",
] as const;

/** A model in OpenAI's shape. */
interface ModelObject {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: string;
}

/**
 * `GET /v1/models`: the names of routes, then every model of every provider by
 * its address; of all these what the caller may ask for.
 */
export async function getModels(context: RequestContext): Promise<void> {
  const data = await allModels(context);
  sendJson(context, { object: "list", data });
}

/**
 * `GET /v1/models/{id}`: one model, by its address or its bare name.
 *
 * @throws {GatewayError} 404 `model_not_found`.
 */
export async function getModel(context: RequestContext): Promise<void> {
  sendJson(context, await findModel(context));
}

/** `GET /v1beta/models`: the same as Google lists them, page by page. */
export async function getGeminiModels(context: RequestContext): Promise<void> {
  const query = new URLSearchParams(queryOf(context.exchange.target));
  const size = numberIn(query, "pageSize") || DEFAULT_PAGE;
  const from = numberIn(query, "pageToken");
  const models = await allModels(context);
  const to = from + Math.min(size, MAX_PAGE);
  sendJson(context, {
    models: models.slice(from, to).map(geminiModel),
    ...(to < models.length && { nextPageToken: String(to) }),
  });
}

/**
 * `GET /v1beta/models/{id}`: one model as Google tells of it.
 *
 * @throws {GatewayError} 404 `model_not_found`.
 */
export async function getGeminiModel(context: RequestContext): Promise<void> {
  sendJson(context, geminiModel(await findModel(context)));
}

/** The model that the path names, by its address or its bare name. */
async function findModel(context: RequestContext): Promise<ModelObject> {
  const { path } = context.exchange;
  const name = decodeName(
    path.slice(path.indexOf(COLLECTION) + COLLECTION.length),
  );
  const models = await allModels(context);
  const model = models.find(({ id }) => id === name) ??
    models.find(({ id }) => id.slice(id.indexOf("/") + 1) === name);
  if (model !== undefined) return model;
  throw new GatewayError(
    "not_found",
    `The model '${name.slice(0, 200)}' does not exist`,
    { code: "model_not_found", param: "model" },
  );
}

/** A model in Google's shape; limits are not known here. */
function geminiModel({ id }: ModelObject): Record<string, unknown> {
  return {
    name: `models/${id}`,
    version: "001",
    displayName: id,
    supportedGenerationMethods: METHODS,
  };
}

/** A count in the query; 0 where there is none. */
function numberIn(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? "";
  if (text === "") return 0;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new GatewayError(
    "invalid_request",
    `Field '${name}' must be a whole number that is not negative`,
    { code: "invalid_value", param: name },
  );
}

/** The routes, and the lists of the config and of the providers; one that is down lists nothing. */
async function allModels(
  { gateway, record: { access } }: RequestContext,
): Promise<ModelObject[]> {
  await gateway.loadCatalogue();
  const seconds = Math.floor(gateway.startedAt / 1000);
  const models = new Map<string, ModelObject>();
  for (const name of gateway.config.routes.flatMap(({ match }) => match)) {
    // A pattern is no name that anybody could ask for.
    if (name.includes("*") || access?.mayAsk(name) === false) continue;
    models.set(
      name,
      modelObject(name, { created: seconds, owner: "llm-proxy" }),
    );
  }
  for (const provider of gateway.providers) {
    const listed: readonly ListedModel[] =
      provider.models?.map((id) => ({ id })) ??
        gateway.catalogue.peek(provider.name)?.models ?? [];
    for (const { id, created = seconds, ownedBy } of listed) {
      const address = `${provider.name}/${id}`;
      const isHidden = access !== undefined &&
        !access.mayAsk(address) && !access.mayAsk(id);
      if (isHidden || models.has(address)) continue;
      const owner = ownedBy ?? provider.name;
      models.set(address, modelObject(address, { created, owner }));
    }
  }
  return [...models.values()];
}

function modelObject(
  id: string,
  { created, owner }: { readonly created: number; readonly owner: string },
): ModelObject {
  return { id, object: "model", created, owned_by: owner };
}
