import type { DialectRow } from "../../_dialect_table.ts";
import { ollamaProvider } from "./dialect.ts";
import { ollamaEmbeddings } from "./embeddings.ts";

/** Ollama's own dialect. */
export const ollamaRow: DialectRow = {
  provider: ollamaProvider,
  embeddings: ollamaEmbeddings,
};
