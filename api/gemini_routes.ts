import type { Route } from "./dispatch.ts";
import { lazily } from "./_lazily.ts";
import type { Exchange } from "./exchange.ts";

const gemini = () => import("./gemini_endpoints.ts");
const models = () => import("./model_endpoints.ts");
const getModels = lazily(models, "getModels");
const getModel = lazily(models, "getModel");
const getGeminiModels = lazily(models, "getGeminiModels");
const getGeminiModel = lazily(models, "getGeminiModel");

/** Where the models of Google's API are; `v1` is shared with OpenAI's, which has no verbs. */
const COLLECTIONS = ["/v1beta/models/", "/v1/models/"] as const;

const SHARED = "/v1/models";

/** What is so of all who call these routes. */
export const GEMINI_CALLERS = {
  client: "gemini",
  keyInQuery: true,
} as const;

/** What can be done with a model, by the verb behind its name. */
const VERBS: Readonly<Record<string, Pick<Route, "operation" | "handle">>> = {
  generateContent: {
    operation: "chat",
    handle: lazily(gemini, "generateContent"),
  },
  streamGenerateContent: {
    operation: "chat",
    handle: lazily(gemini, "streamGenerateContent"),
  },
  countTokens: {
    operation: "count_tokens",
    handle: lazily(gemini, "countGeminiTokens"),
  },
  embedContent: {
    operation: "embeddings",
    handle: lazily(gemini, "embedContent"),
  },
  batchEmbedContents: {
    operation: "embeddings",
    handle: lazily(gemini, "batchEmbedContents"),
  },
};

/** The routes by collection and verb. */
const ROUTES: ReadonlyMap<string, Route> = new Map(
  COLLECTIONS.flatMap((collection) =>
    Object.entries(VERBS).map(([verb, route]) => [
      `${collection}:${verb}`,
      {
        method: "POST",
        path: `${collection}*:${verb}`,
        ...GEMINI_CALLERS,
        ...route,
      } as const,
    ])
  ),
);

/** Every route that {@linkcode findVerb} can find. */
export const GEMINI_VERBS: readonly Route[] = [...ROUTES.values()];

/** The lists of models in Google's shape. */
export const GEMINI_LISTS: readonly Route[] = listsOf("/v1beta/models");

/** OpenAI's lists of models, at paths that Google's clients ask for as well. */
export const MODEL_LISTS: readonly Route[] = [
  { method: "GET", path: SHARED, handle: getModels },
  { method: "GET", path: `${SHARED}/*`, handle: getModel },
];

/** Google's in their place. */
const TWINS: ReadonlyMap<Route["handle"], Route["handle"]> = new Map([
  [getModels, getGeminiModels],
  [getModel, getGeminiModel],
]);

function listsOf(path: string): readonly Route[] {
  const common = { method: "GET", ...GEMINI_CALLERS } as const;
  return [
    { ...common, path, handle: getGeminiModels },
    { ...common, path: `${path}/*`, handle: getGeminiModel },
  ];
}

/** The route for a path that both Google's and OpenAI's clients ask for. */
export function routeFor(route: Route, exchange: Exchange): Route {
  if (!exchange.path.startsWith(SHARED)) return route;
  const isGoogle = exchange.header("x-goog-api-key") !== undefined ||
    exchange.header("x-goog-api-client") !== undefined ||
    /[?&]key=/.test(exchange.target);
  if (!isGoogle) return route;
  const handle = TWINS.get(route.handle) ?? route.handle;
  return { ...route, ...GEMINI_CALLERS, handle };
}

/** Paths below which a model's name, which may have slashes, and a verb stand. */
export const VERB_PATHS: readonly string[] = COLLECTIONS.map((collection) =>
  `${collection}*`
);

/** The route of a path that ends in a verb behind a model's name. */
export function findVerb(path: string): Route | undefined {
  const collection = COLLECTIONS.find((prefix) => path.startsWith(prefix));
  if (collection === undefined) return undefined;
  const verb = path.slice(path.lastIndexOf(":"));
  return ROUTES.get(collection + verb);
}

/** Whether a path is one of Google's API alone. */
export function isGeminiPath(path: string): boolean {
  return path === "/v1beta" || path.startsWith("/v1beta/");
}
