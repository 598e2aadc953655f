import type { ProviderSettings, Quirks } from "@llm-proxy/core";
import type { ModelConfig, WireApiName } from "./config_types_model.ts";
import type { ProviderConfig } from "./config_types_provider.ts";

/** The first dated API of Azure that knows `stream_options` (F11). */
const STREAM_OPTIONS_SINCE = "2024-09-01-preview";
/** The first dated API of Azure that has Responses. */
const RESPONSES_SINCE = "2025-03-01-preview";

/** How a provider departs from its type, as the config says. */
export function providerQuirks(
  {
    api_version: apiVersion,
    stream_end: streamEnd,
    cache_points: points,
    wire_api: wireApi,
    ...rest
  }: ProviderConfig,
): Quirks {
  const isOld = apiVersion !== undefined && apiVersion < RESPONSES_SINCE;
  return {
    ...(points && { cachePoints: true }),
    ...(streamEnd !== undefined && { streamEnd }),
    ...(apiVersion !== undefined && {
      apiVersion,
      noStreamOptions: apiVersion < STREAM_OPTIONS_SINCE,
    }),
    ...wireQuirks(wireApi ?? (isOld ? "chat" : undefined)),
    ...templateQuirks(rest),
  };
}

/** How single models depart from the others of their provider. */
export function modelQuirks(
  { models = [] }: ProviderConfig,
): Pick<ProviderSettings, "modelQuirks"> {
  const own = models.flatMap((model): [string, Quirks][] => {
    const quirks = quirksOfModel(model);
    return Object.keys(quirks).length === 0 ? [] : [[model.name, quirks]];
  });
  return own.length === 0 ? {} : { modelQuirks: new Map(own) };
}

function quirksOfModel({ wire_api: wireApi, ...rest }: ModelConfig): Quirks {
  return { ...wireQuirks(wireApi), ...templateQuirks(rest) };
}

/** What the template of a model can't do, or does besides. */
function templateQuirks(
  { think_tags: thinkTags, system_messages: system }: Pick<
    ModelConfig,
    "think_tags" | "system_messages"
  >,
): Quirks {
  return {
    ...(thinkTags !== undefined && { thinkTags }),
    ...(system !== undefined && { noSystemRole: !system }),
  };
}

function wireQuirks(wireApi: WireApiName | undefined): Quirks {
  if (wireApi === undefined) return {};
  return wireApi === "auto"
    ? { responses: true, wireApi: undefined }
    : { wireApi };
}
