import * as z from "@zod/zod";
import { BODIES, type BodyName } from "./_openapi_bodies.ts";
import { ROUTE_TEXTS } from "./_route_texts.ts";
import { ADMIN_ROUTES } from "./admin_routes.ts";
import type { Route } from "./dispatch.ts";
import { GEMINI_VERBS } from "./gemini_routes.ts";
import { PUBLIC_ROUTES } from "./public_routes.ts";
import { VERSION } from "./version.ts";

/** What a document describes. */
export interface DescribedSurface {
  readonly title: string;
  readonly routes: readonly Route[];
}

/** What callers are served. */
export const publicSurface: DescribedSurface = {
  title: "llm-proxy",
  routes: [...PUBLIC_ROUTES, ...GEMINI_VERBS],
};
/** What admins are served. */
export const adminSurface: DescribedSurface = {
  title: "llm-proxy for admins",
  routes: ADMIN_ROUTES,
};

type Json = Readonly<Record<string, unknown>>;

/** One thing that can be asked. */
export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly security: readonly Json[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Json;
  readonly responses: Json;
}

/** What an operation may be given besides a body. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly schema: Json;
}

/** An OpenAPI 3.1 document, as far as it is written here. */
export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: Json;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

const ANY_METHOD = ["get", "post", "put", "patch", "delete"];
/** How a caller says who it is; one of them will do. */
const KEYS = ["bearer", "key", "googleKey"];
const SCHEMES: Json = {
  bearer: { type: "http", scheme: "bearer" },
  key: { type: "apiKey", in: "header", name: "X-API-Key" },
  googleKey: { type: "apiKey", in: "header", name: "x-goog-api-key" },
  keyInQuery: { type: "apiKey", in: "query", name: "key" },
};
const TEXT = { type: "string" };
/** How errors are told in each dialect. */
const ERRORS: Readonly<Record<string, Json>> = {
  OpenAiError: object({
    error: object({
      message: TEXT,
      type: TEXT,
      param: { type: ["string", "null"] },
      code: { type: ["string", "null"] },
    }),
  }),
  AnthropicError: object({
    type: { const: "error" },
    error: object({ type: TEXT, message: TEXT }),
    request_id: TEXT,
  }),
  GeminiError: object({
    error: object({
      code: { type: "integer" },
      message: TEXT,
      status: TEXT,
    }),
  }),
};

/** Describes routes, each with what its table and its schema say. */
export function openApi({ title, routes }: DescribedSurface): OpenApiDocument {
  const paths: Record<string, Record<string, Operation>> = {};
  const used = new Set<BodyName>();
  for (const route of routes) {
    const path = templateOf(route.path);
    const methods = route.method === "ALL"
      ? ANY_METHOD
      : [route.method.toLowerCase()];
    for (const method of methods) {
      const { body } = textOf(route);
      if (body !== undefined) used.add(body);
      (paths[path] ??= {})[method] = operationOf(route, method);
    }
  }
  const bodies = [...used].sort().map((name) => [
    name,
    schemaOf(BODIES[name]),
  ]);
  return {
    openapi: "3.1.0",
    info: {
      title,
      version: VERSION,
      description:
        "What a body has besides the members that are listed goes on to the provider.",
      license: { name: "MIT", identifier: "MIT" },
    },
    paths,
    components: {
      schemas: { ...Object.fromEntries(bodies), ...ERRORS },
      ...{ securitySchemes: SCHEMES },
    },
  };
}

/** What is said of a route. */
function textOf(
  { method, path }: Route,
): Partial<NonNullable<ReturnType<typeof ROUTE_TEXTS.get>>> {
  return ROUTE_TEXTS.get(`${method} ${path}`) ?? {};
}

function operationOf(route: Route, method: string): Operation {
  const { tag = "Other", summary = route.path, body, query = [], types = [] } =
    textOf(route);
  const schemes = route.keyInQuery ? [...KEYS, "keyInQuery"] : KEYS;
  const isForm = body?.endsWith("Form") ?? false;
  const json = { schema: { type: "object" } };
  const answers = types.some((it) => !it.startsWith("text/event"))
    ? types
    : ["application/json", ...types];
  return {
    operationId: nameOf(method, route.path),
    tags: [tag],
    summary: route.needs === undefined
      ? summary
      : `${summary} (role ${route.needs})`,
    security: route.open ? [] : schemes.map((name) => ({ [name]: [] })),
    parameters: [
      ...namesIn(route.path).map((name) => parameter(name, "path")),
      ...query.map((name) => parameter(name, "query")),
      ...method === "post" && !route.isAdmin && route.method !== "ALL"
        ? [parameter("Idempotency-Key", "header")]
        : [],
    ],
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: {
          [isForm ? "multipart/form-data" : "application/json"]: {
            schema: { $ref: `#/components/schemas/${body}` },
          },
        },
      },
    }),
    responses: {
      200: {
        description: "Done",
        content: Object.fromEntries(
          answers.map((
            type,
          ) => [type, type === "application/json" ? json : {}]),
        ),
      },
      default: {
        description: "Refused or failed, in the words of the route's dialect",
        content: {
          "application/json": {
            schema: { $ref: `#/components/schemas/${errorOf(route)}` },
          },
        },
      },
    },
  };
}

/** The path in the notation of OpenAPI: `:id` and `*` become names in braces. */
function templateOf(path: string): string {
  return path.replace(/(?<=\/):(\w+)(?=\/|$)/g, "{$1}")
    .replace("*", () => `{${restOf(path)}}`);
}

function namesIn(path: string): string[] {
  return [...templateOf(path).matchAll(/\{(\w+)\}/g)].map(([, it = ""]) => it);
}

function restOf(path: string): string {
  return path.includes("models") ? "model" : "path";
}

function nameOf(method: string, path: string): string {
  const words = templateOf(path).split(/\W+/).filter((it) => it !== "");
  const rest = words.map((it) => it[0]?.toUpperCase() + it.slice(1));
  return method + rest.join("");
}

function parameter(name: string, place: Parameter["in"]): Parameter {
  return { name, in: place, required: place === "path", schema: TEXT };
}

function errorOf({ client }: Route): string {
  if (client === "anthropic") return "AnthropicError";
  return client === "gemini" ? "GeminiError" : "OpenAiError";
}

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
}

function object(properties: Json): Json {
  return { type: "object", required: Object.keys(properties), properties };
}
