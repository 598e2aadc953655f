import { GatewayError, type ListedModel } from "@llm-proxy/core";
import { sendJson } from "./_send_json.ts";
import type { RequestContext } from "./endpoints.ts";
import type { Gateway } from "./gateway.ts";

/** A model in OpenAI's shape. */
interface ModelObject {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: string;
}

/** `GET /v1/models`: every model of every provider, by its address. */
export async function getModels(context: RequestContext): Promise<void> {
  const data = await allModels(context.gateway);
  sendJson(context, { object: "list", data });
}

/**
 * `GET /v1/models/{id}`: one model, by its address or its bare name.
 *
 * @throws {GatewayError} 404 `model_not_found`.
 */
export async function getModel(context: RequestContext): Promise<void> {
  const { gateway, exchange } = context;
  const name = decode(exchange.path.slice("/v1/models/".length));
  const models = await allModels(gateway);
  const model = models.find(({ id }) => id === name) ??
    models.find(({ id }) => id.slice(id.indexOf("/") + 1) === name);
  if (model === undefined) {
    throw new GatewayError(
      "not_found",
      `The model '${name.slice(0, 200)}' does not exist`,
      { code: "model_not_found", param: "model" },
    );
  }
  sendJson(context, model);
}

/** The lists of the config and of the providers; one that is down lists nothing. */
async function allModels(gateway: Gateway): Promise<ModelObject[]> {
  await gateway.loadCatalogue();
  const seconds = Math.floor(gateway.startedAt / 1000);
  return gateway.providers.flatMap((provider) => {
    const listed: readonly ListedModel[] =
      provider.models?.map((id) => ({ id })) ??
        gateway.catalogue.peek(provider.name)?.models ?? [];
    return listed.map((model): ModelObject => ({
      id: `${provider.name}/${model.id}`,
      object: "model",
      created: model.created ?? seconds,
      owned_by: model.ownedBy ?? provider.name,
    }));
  });
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
