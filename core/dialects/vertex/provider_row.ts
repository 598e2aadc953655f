import type { DialectRow } from "../../_dialect_table.ts";
import { passRawPredict, vertexClaudeProvider } from "./claude.ts";
import { vertexClaudeCount, vertexGeminiCount } from "./count_tokens.ts";
import { vertexEmbeddings } from "./embeddings.ts";
import { passVertexGemini, vertexGeminiProvider } from "./gemini.ts";
import { isClaude } from "./_model_path.ts";

const CLAUDE: DialectRow = {
  provider: vertexClaudeProvider,
  passes: new Map([["anthropic", passRawPredict]]),
  count: vertexClaudeCount,
};

/** Gemini and Claude, as Vertex AI speaks them. */
export const vertexRow: DialectRow = {
  provider: vertexGeminiProvider,
  passes: new Map([["gemini", passVertexGemini]]),
  embeddings: vertexEmbeddings,
  count: vertexGeminiCount,
  ofModel: (model) => isClaude(model) ? CLAUDE : undefined,
};
