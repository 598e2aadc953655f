import { GatewayError, UpstreamError } from "@llm-proxy/core";
import { mean, nearest } from "./_nearest.ts";
import type { RequestContext } from "./endpoints.ts";
import type { Gateway } from "./gateway.ts";

/** So many names are compared: a wrong one costs no more than that. */
const MAX_COMPARED = 2_000;

/** The error of a model that nobody has, with the name that was probably meant, where the caller may ask for it. */
export function withMeantModel(
  error: unknown,
  { gateway, record }: RequestContext,
): unknown {
  const isOurs = error instanceof GatewayError &&
    !(error instanceof UpstreamError) && error.code === "model_not_found";
  const { requestedModel: name = "", access } = record;
  if (!isOurs) return error;
  const meant = meantModel(name, gateway);
  if (meant === undefined || access?.mayAsk(meant) === false) return error;
  const { code, param, kind } = error;
  return new GatewayError(
    kind,
    `The model '${name.slice(0, 200)}' does not exist${
      mean(meant)
    }: GET /v1/models lists what there is`,
    { code, ...(param !== undefined && { param }) },
  );
}

/** The name that was probably meant: a route's, a model's, or a provider's with one of its models. */
function meantModel(name: string, gateway: Gateway): string | undefined {
  const models = new Map(
    gateway.providers.map((
      provider,
    ) => [provider.name, idsOf(provider, gateway)]),
  );
  const own = models.get(name)?.[0];
  if (own !== undefined) return `${name}/${own}`;
  const slash = name.indexOf("/");
  if (slash < 0) {
    const names = [...gateway.table.names, ...[...models.values()].flat()];
    return nearest(name, names.slice(0, MAX_COMPARED));
  }
  const model = name.slice(slash + 1);
  const provider = models.has(name.slice(0, slash))
    ? name.slice(0, slash)
    : nearest(name.slice(0, slash), [...models.keys()]);
  if (provider === undefined) return undefined;
  const ids = models.get(provider) ?? [];
  const id = ids.length === 0 || ids.includes(model)
    ? model
    : nearest(model, ids);
  return id === undefined ? undefined : `${provider}/${id}`;
}

function idsOf(
  { name, models }: Gateway["providers"][number],
  { catalogue }: Gateway,
): readonly string[] {
  const ids = models ?? catalogue.peek(name)?.models.map(({ id }) => id) ?? [];
  return ids.slice(0, MAX_COMPARED);
}
