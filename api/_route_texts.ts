import type { BodyName } from "./_openapi_bodies.ts";
import { FILTERS, PAGING } from "./_request_log_query.ts";

/** What there is to say of a route for those who call it. */
export interface RouteText {
  readonly tag: string;
  readonly summary: string;
  /** What its body is. @default {it has none} */
  readonly body?: BodyName;
  /** Parameters of the query. @default {none} */
  readonly query?: readonly string[];
  /** Other types of its answer than JSON. @default {none} */
  readonly types?: readonly string[];
}

const EVENTS = ["text/event-stream"];
const BYTES = ["application/octet-stream"];
const PAGES = ["limit", "after"];
const TELL = [...FILTERS, ...PAGING];
const USAGE = ["from", "to", "by", "key", "team"];
const ROWS = ["from", "to", "format", "key"];
const SEARCH = [
  "supports_tools",
  "supports_vision",
  "supports_json_schema",
  "supports_streaming",
  "supports_audio",
  "supports_file",
  "max_cost",
  "max_output_cost",
  "min_context",
  "provider",
  "q",
];

/** Method and path to what is said of it; one for each route, as a test proves. */
export const ROUTE_TEXTS: ReadonlyMap<string, RouteText> = new Map(
  Object.entries({
    ...group("Models", {
      "POST /v1/chat/completions": ["A chat completion", "ChatRequest", EVENTS],
      "POST /v1/completions": [
        "A completion of a text",
        "CompletionRequest",
        EVENTS,
      ],
      "POST /v1/messages": ["A message of Claude's", "MessagesRequest", EVENTS],
      "POST /v1/messages/count_tokens": [
        "How many tokens a message would have",
        "CountRequest",
      ],
      "POST /v1/responses": ["A response", "ResponsesRequest", EVENTS],
      "POST /v1/responses/input_tokens": [
        "How many tokens the input of a response would have",
        "ResponsesRequest",
      ],
      "GET /v1/responses/:id": ["A response that is kept"],
      "DELETE /v1/responses/:id": ["Forget a response"],
      "GET /v1/responses/:id/input_items": [
        "What a kept response answers",
        PAGES,
      ],
      "POST /v1/responses/:id/cancel": [
        "End a response that runs in the background",
      ],
      "POST /v1/embeddings": ["Vectors of texts", "EmbeddingsRequest"],
      "POST /v1/condense": [
        "Make a conversation shorter, and send it nowhere",
        "CondenseRequest",
      ],
      "POST /v1/images/generations": ["Pictures", "ModelRequest"],
      "POST /v1/images/edits": ["A picture, changed", "Form"],
      "POST /v1/images/variations": ["Variations of a picture", "Form"],
      "POST /v1/audio/speech": ["A text, spoken", "ModelRequest", BYTES],
      "POST /v1/audio/transcriptions": ["Speech, written down", "Form", EVENTS],
      "POST /v1/audio/translations": ["Speech, in English", "Form"],
      "POST /v1/moderations": ["Whether a text is harmful", "ModelRequest"],
      "POST /v1/rerank": ["Documents by relevance", "RerankRequest"],
      "POST /v2/rerank": ["Documents by relevance", "RerankRequest"],
      "GET /v1/realtime": ["A session over WebSocket", ["model"]],
      "ALL /p/:provider/*": ["Whatever a provider offers besides, as it is"],
    }),
    ...group("Gemini", {
      ...verbs("/v1beta/models/"),
      ...verbs("/v1/models/"),
      "GET /v1beta/models": ["Models", ["pageSize", "pageToken"]],
      "GET /v1beta/models/*": ["A model"],
    }),
    ...group("Files and batches", {
      "POST /v1/files": ["Upload a file", "FileForm"],
      "GET /v1/files": ["Files", PAGES],
      "GET /v1/files/:id": ["A file"],
      "DELETE /v1/files/:id": ["Delete a file"],
      "GET /v1/files/:id/content": ["What is in a file", BYTES],
      "POST /v1/batches": ["Start a batch", "BatchRequest"],
      "GET /v1/batches": ["Batches", PAGES],
      "GET /v1/batches/:id": ["A batch"],
      "POST /v1/batches/:id/cancel": ["End a batch"],
    }),
    ...group("Catalogue", {
      "GET /v1/models": ["The routes and models that the caller may ask for"],
      "GET /v1/models/*": ["A model"],
      "GET /v1/models/search": [
        "Models by what they can do, cost and hold",
        SEARCH,
      ],
      "POST /v1/models/refresh": ["Ask every provider for its models"],
      "GET /v1/providers": ["The providers, and how they do"],
      "GET /v1/providers/:name/models": ["What is known of its models"],
      "GET /v1/providers/:name/models/*": ["What is known of one of them"],
      "POST /v1/providers/:name/models/refresh": ["Ask it for its models"],
      "GET /v1/providers/:name/model_selection": [
        "The model that its bare name stands for",
      ],
      "PUT /v1/providers/:name/model_selection": [
        "Choose that model; If-Match and If-None-Match are obeyed",
        "ModelSelection",
      ],
    }),
    ...group("Operation", {
      "GET /v1/usage": ["What requests came to", USAGE],
      "GET /v1/usage/export": ["The rows of the ledger", ROWS, [
        "text/csv",
        "application/jsonl",
      ]],
      "GET /v1/requests": ["The last requests", TELL],
      "GET /v1/config/status": ["What config is in force"],
      "POST /v1/config/reload": ["Read the config again"],
      "POST /v1/config/invalidate-cache": ["Forget the answers that are kept"],
      "GET /v1/health": ["How each provider does"],
      "GET /v1/status": ["How each provider does"],
      "GET /metrics": ["Numbers for Prometheus", ["text/plain"]],
      "GET /metrics/json": ["The same numbers as JSON"],
      "GET /": ["What answers here"],
      "GET /health": ["Whether the gateway works"],
      "GET /health/live": ["Whether the process works"],
      "GET /health/ready": ["Whether requests should come here"],
      "GET /openapi.json": ["This document"],
      "GET /docs": ["This document as a page", ["text/html"]],
    }),
    ...group("Admin", {
      "GET /admin/keys": ["The stored keys; none tells its secret"],
      "POST /admin/keys": ["Make a key, whose secret is told once", "KeyDraft"],
      "GET /admin/keys/:id": ["A key"],
      "PUT /admin/keys/:id": [
        "Change a key; null takes a field away",
        "KeyChange",
      ],
      "DELETE /admin/keys/:id": ["End a key"],
      "POST /admin/keys/:id/rotate": ["A new secret", "KeyRotation"],
      "GET /admin/usage": ["What requests came to", USAGE],
      "GET /admin/usage/export": ["The rows of the ledger", ROWS],
      "GET /admin/logs": ["The last requests", TELL],
      "GET /admin/deployments": ["The deployments, and how they do"],
      "POST /admin/deployments/drain": ["Send nothing more", "Deployment"],
      "POST /admin/deployments/enable": ["Send again", "Deployment"],
      "POST /admin/deployments/reset": ["Close its breaker", "Deployment"],
      "GET /admin/flags": ["The feature flags"],
      "PUT /admin/flags/:name": ["Switch a flag", "Flag"],
      "DELETE /admin/flags/:name": ["Have a flag be as the config says"],
      "GET /admin/config/status": ["What config is in force"],
      "POST /admin/config/reload": ["Read the config again"],
      "POST /admin/explain": ["Where a request would go", "ChatRequest"],
      "POST /admin/cache/invalidate": ["Forget the answers that are kept"],
      "GET /admin/budgets": ["The budgets, and what is left"],
      "GET /admin/audit": ["What admins have changed"],
      "GET /admin/openapi.json": ["This document"],
    }),
  }),
);

/** A summary, the name of a body, parameters of the query, types of the answer. */
type Words = readonly [string, ...(BodyName | readonly string[])[]];

function group(
  tag: string,
  routes: Readonly<Record<string, Words>>,
): Record<string, RouteText> {
  return Object.fromEntries(
    Object.entries(routes).map(([route, [summary, ...rest]]) => {
      const lists = rest.filter((it) => typeof it !== "string");
      const body = rest.find((it) => typeof it === "string");
      const types = lists.find((it) => it[0]?.includes("/"));
      const query = lists.find((it) => it !== types);
      return [route, {
        tag,
        summary,
        ...(body !== undefined && { body }),
        ...(query !== undefined && { query }),
        ...(types !== undefined && { types }),
      }];
    }),
  );
}

/** What Google's clients do with a model. */
function verbs(collection: string): Record<string, Words> {
  const at = (verb: string): string => `POST ${collection}*:${verb}`;
  return {
    [at("generateContent")]: ["Content", "GenerateContentRequest"],
    [at("streamGenerateContent")]: [
      "Content as it comes; alt=sse for events",
      "GenerateContentRequest",
      ["alt"],
      EVENTS,
    ],
    [at("countTokens")]: ["How many tokens", "CountTokensRequest"],
    [at("embedContent")]: ["A vector", "EmbedContentRequest"],
    [at("batchEmbedContents")]: ["Vectors", "BatchEmbedRequest"],
  };
}
