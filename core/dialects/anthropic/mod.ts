/**
 * Anthropic's Messages API: as clients speak it, as providers do, and its
 * counts of tokens.
 *
 * @module
 */

export { anthropicClient } from "./client.ts";
export { messagesCount } from "./count_tokens.ts";
export { anthropicProvider } from "./dialect.ts";
export { messagesErrorStatus } from "./encode_error.ts";
export {
  type CheckMessagesOptions,
  checkMessagesRequest,
} from "./_pass_check.ts";
