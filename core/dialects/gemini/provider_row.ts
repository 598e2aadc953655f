import type { DialectRow } from "../../_dialect_table.ts";
import { geminiCount } from "./count_tokens.ts";
import { geminiProvider } from "./dialect.ts";
import { geminiEmbeddings } from "./embeddings.ts";
import { passGemini } from "./pass.ts";

/** Gemini's dialect, as Google speaks it. */
export const geminiRow: DialectRow = {
  provider: geminiProvider,
  passes: new Map([["gemini", passGemini]]),
  embeddings: geminiEmbeddings,
  count: geminiCount,
};
