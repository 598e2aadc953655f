/**
 * OpenAI's Chat Completions: as clients speak it, as providers do, and streams
 * of it that go on where they broke off.
 *
 * @module
 */

export { openAiChatClient } from "./client.ts";
export {
  type BegunAnswer,
  canContinueChat,
  continueChat,
  type ContinueOptions,
} from "./continue_chat.ts";
export { checkChatRequest } from "./pass_request.ts";
export { openAiChatProvider } from "./provider.ts";
export { type ChatHead, ChatTranscript } from "./transcript.ts";
