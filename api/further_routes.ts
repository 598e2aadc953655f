import type { EndpointName } from "@llm-proxy/core/passing";
import type { Route } from "./dispatch.ts";
import { lazily } from "./_lazily.ts";
import { converse } from "./endpoints.ts";
import { REALTIME_PATH } from "./upgrade_exchange.ts";

const through = () => import("./pass_through.ts");
const sessions = () => import("./realtime.ts");
const files = () => import("./stored_files.ts");
const responses = () => import("./stored_responses.ts");

/** The endpoints of OpenAI's API that are no conversations, and the way around all of them. */
export const FURTHER_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/responses/input_tokens",
    client: "openai_responses",
    operation: "count_tokens",
    handle: lazily(responses, "countInput"),
  },
  {
    method: "GET",
    path: "/v1/responses/:id",
    client: "openai_responses",
    handle: lazily(responses, "getResponse"),
  },
  {
    method: "DELETE",
    path: "/v1/responses/:id",
    client: "openai_responses",
    handle: lazily(responses, "deleteResponse"),
  },
  {
    method: "GET",
    path: "/v1/responses/:id/input_items",
    client: "openai_responses",
    handle: lazily(responses, "getInputItems"),
  },
  {
    method: "POST",
    path: "/v1/responses/:id/cancel",
    client: "openai_responses",
    handle: lazily(responses, "cancelResponse"),
  },
  {
    method: "POST",
    path: "/v1/completions",
    client: "openai_completions",
    operation: "text_completion",
    handle: converse,
  },
  {
    method: "POST",
    path: "/v1/images/generations",
    operation: "image_generation",
    handle: passed("passJson", "images"),
  },
  {
    method: "POST",
    path: "/v1/images/edits",
    operation: "image_edit",
    handle: passed("passFormOrJson", "image_edits"),
  },
  {
    method: "POST",
    path: "/v1/images/variations",
    operation: "image_variation",
    handle: passed("passForm", "image_variations"),
  },
  {
    method: "POST",
    path: "/v1/audio/speech",
    operation: "speech",
    handle: passed("passJson", "speech"),
  },
  {
    method: "POST",
    path: "/v1/audio/transcriptions",
    operation: "transcription",
    handle: passed("passForm", "transcriptions"),
  },
  {
    method: "POST",
    path: "/v1/audio/translations",
    operation: "translation",
    handle: passed("passForm", "translations"),
  },
  {
    method: "POST",
    path: "/v1/moderations",
    operation: "moderation",
    handle: passed("passJson", "moderations"),
  },
  {
    method: "POST",
    path: "/v1/rerank",
    operation: "rerank",
    handle: passed("passJson", "rerank"),
  },
  {
    method: "POST",
    path: "/v2/rerank",
    operation: "rerank",
    handle: passed("passJson", "rerank"),
  },
  {
    method: "GET",
    path: REALTIME_PATH,
    operation: "realtime",
    handle: lazily(sessions, "realtime"),
  },
  {
    method: "POST",
    path: "/v1/files",
    handle: lazily(files, "storedFiles"),
  },
  {
    method: "GET",
    path: "/v1/files",
    handle: lazily(files, "storedFiles"),
  },
  {
    method: "GET",
    path: "/v1/files/:id",
    handle: lazily(files, "storedFiles"),
  },
  {
    method: "DELETE",
    path: "/v1/files/:id",
    handle: lazily(files, "storedFiles"),
  },
  {
    method: "GET",
    path: "/v1/files/:id/content",
    handle: lazily(files, "storedFiles"),
  },
  {
    method: "POST",
    path: "/v1/batches",
    handle: lazily(files, "storedBatches"),
  },
  {
    method: "GET",
    path: "/v1/batches",
    handle: lazily(files, "storedBatches"),
  },
  {
    method: "GET",
    path: "/v1/batches/:id",
    handle: lazily(files, "storedBatches"),
  },
  {
    method: "POST",
    path: "/v1/batches/:id/cancel",
    handle: lazily(files, "storedBatches"),
  },
  {
    method: "ALL",
    path: "/p/:provider/*",
    operation: "pass_through",
    handle: lazily(through, "passThrough"),
  },
];

/** Serves an endpoint whose requests and answers pass as they are. */
function passed(
  how: "passJson" | "passForm" | "passFormOrJson",
  endpoint: EndpointName,
): Route["handle"] {
  return lazily(async () => {
    const passing = await import("./pass_endpoints.ts");
    return { passed: passing[how](endpoint) };
  }, "passed");
}
