import type { Route } from "./dispatch.ts";
import { converse } from "./endpoints.ts";
import { passForm, passFormOrJson, passJson } from "./pass_endpoints.ts";
import { passThrough } from "./pass_through.ts";
import { realtime } from "./realtime.ts";
import { REALTIME_PATH } from "./upgrade_exchange.ts";
import {
  cancelResponse,
  countInput,
  deleteResponse,
  getInputItems,
  getResponse,
} from "./stored_responses.ts";
import { storedBatches, storedFiles } from "./stored_files.ts";

/** The endpoints of OpenAI's API that are no conversations, and the way around all of them. */
export const FURTHER_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/responses/input_tokens",
    client: "openai_responses",
    operation: "count_tokens",
    handle: countInput,
  },
  {
    method: "GET",
    path: "/v1/responses/:id",
    client: "openai_responses",
    handle: getResponse,
  },
  {
    method: "DELETE",
    path: "/v1/responses/:id",
    client: "openai_responses",
    handle: deleteResponse,
  },
  {
    method: "GET",
    path: "/v1/responses/:id/input_items",
    client: "openai_responses",
    handle: getInputItems,
  },
  {
    method: "POST",
    path: "/v1/responses/:id/cancel",
    client: "openai_responses",
    handle: cancelResponse,
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
    handle: passJson("images"),
  },
  {
    method: "POST",
    path: "/v1/images/edits",
    operation: "image_edit",
    handle: passFormOrJson("image_edits"),
  },
  {
    method: "POST",
    path: "/v1/images/variations",
    operation: "image_variation",
    handle: passForm("image_variations"),
  },
  {
    method: "POST",
    path: "/v1/audio/speech",
    operation: "speech",
    handle: passJson("speech"),
  },
  {
    method: "POST",
    path: "/v1/audio/transcriptions",
    operation: "transcription",
    handle: passForm("transcriptions"),
  },
  {
    method: "POST",
    path: "/v1/audio/translations",
    operation: "translation",
    handle: passForm("translations"),
  },
  {
    method: "POST",
    path: "/v1/moderations",
    operation: "moderation",
    handle: passJson("moderations"),
  },
  {
    method: "POST",
    path: "/v1/rerank",
    operation: "rerank",
    handle: passJson("rerank"),
  },
  {
    method: "POST",
    path: "/v2/rerank",
    operation: "rerank",
    handle: passJson("rerank"),
  },
  {
    method: "GET",
    path: REALTIME_PATH,
    operation: "realtime",
    handle: realtime,
  },
  { method: "POST", path: "/v1/files", handle: storedFiles },
  { method: "GET", path: "/v1/files", handle: storedFiles },
  { method: "GET", path: "/v1/files/:id", handle: storedFiles },
  { method: "DELETE", path: "/v1/files/:id", handle: storedFiles },
  { method: "GET", path: "/v1/files/:id/content", handle: storedFiles },
  { method: "POST", path: "/v1/batches", handle: storedBatches },
  { method: "GET", path: "/v1/batches", handle: storedBatches },
  { method: "GET", path: "/v1/batches/:id", handle: storedBatches },
  { method: "POST", path: "/v1/batches/:id/cancel", handle: storedBatches },
  {
    method: "ALL",
    path: "/p/:provider/*",
    operation: "pass_through",
    handle: passThrough,
  },
];
