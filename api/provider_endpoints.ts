import { standingOf } from "./_provider_standing.ts";
import { sendJson } from "./_send_json.ts";
import type { RequestContext } from "./endpoints.ts";
import { checkOf } from "./health.ts";

/**
 * `GET /v1/providers`: every provider of the config, those that are off
 * included. `models` is how many it lists; `null` where it has not been asked yet.
 */
export function getProviders(context: RequestContext): void {
  const { config, table, catalogue, health } = context.gateway;
  const on = new Map(table.providers.map((it) => [it.provider.name, it]));
  const data = config.providers.map(({ name, type, enabled, models }) => {
    const entry = on.get(name);
    const listed = models?.length ?? catalogue.peek(name)?.models.length;
    return {
      name,
      type,
      enabled,
      models: listed ?? null,
      ...(entry && { health: checkOf(standingOf(entry, health)) }),
    };
  });
  sendJson(context, { object: "list", data });
}
