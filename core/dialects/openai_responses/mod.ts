/**
 * OpenAI's Responses API: as clients speak it, as providers do, and its counts
 * of tokens.
 *
 * @module
 */

export { openAiResponsesClient } from "./client.ts";
export { responsesCountClient } from "./count_tokens.ts";
export { decodeResponsesRequest } from "./decode_request.ts";
export { checkResponsesRequest } from "./pass_request.ts";
export { openAiResponsesProvider } from "./provider.ts";
export type { ResponsesState } from "./state.ts";
