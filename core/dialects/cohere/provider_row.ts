import type { DialectRow } from "../../_dialect_table.ts";
import { cohereProvider } from "./dialect.ts";
import { cohereEmbeddings } from "./embeddings.ts";

/** Cohere's dialect. */
export const cohereRow: DialectRow = {
  provider: cohereProvider,
  embeddings: cohereEmbeddings,
};
