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
    client: "anthropic",
    operation: "chat",
    handle: converse,
  },
  {
    method: "POST",
    path: "/v1/messages/count_tokens",
    client: "anthropic",
    operation: "count_tokens",
    handle: countTokens,
  },
  {
    method: "POST",
    path: "/v1/responses",
    client: "openai_responses",
    operation: "chat",
    handle: respond,
  },
];
