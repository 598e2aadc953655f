import { anthropicClient, openAiResponsesClient } from "@llm-proxy/core";
import type { Route } from "./dispatch.ts";
import { converse } from "./endpoints.ts";
import { respond } from "./responses_endpoint.ts";
import { countTokens } from "./token_count.ts";

/** What is asked of a language model, in whatever dialect. */
export const CONVERSATION_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/chat/completions",
    operation: "chat",
    handle: converse,
  },
  {
    method: "POST",
    path: "/v1/messages",
    client: anthropicClient,
    operation: "chat",
    handle: converse,
  },
  {
    method: "POST",
    path: "/v1/messages/count_tokens",
    client: anthropicClient,
    operation: "count_tokens",
    handle: countTokens,
  },
  {
    method: "POST",
    path: "/v1/responses",
    client: openAiResponsesClient,
    operation: "chat",
    handle: respond,
  },
];
