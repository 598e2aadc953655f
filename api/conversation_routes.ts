import type { Route } from "./dispatch.ts";
import { lazily } from "./_lazily.ts";
import { converse } from "./endpoints.ts";

const responding = () => import("./responses_endpoint.ts");
const counting = () => import("./token_count.ts");

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
    handle: lazily(counting, "countTokens"),
  },
  {
    method: "POST",
    path: "/v1/responses",
    client: "openai_responses",
    operation: "chat",
    handle: lazily(responding, "respond"),
  },
];
