/**
 * Google's Gemini API: as clients speak it, as providers do, its counts of
 * tokens and its embeddings.
 *
 * @module
 */

export { GeminiArrayStream } from "./array_stream.ts";
export { geminiClient } from "./client.ts";
export { geminiCountClient } from "./count_tokens.ts";
export { geminiProvider } from "./dialect.ts";
export {
  translateGeminiEmbeddings,
  type TranslateGeminiEmbeddingsOptions,
} from "./translate_embeddings.ts";
