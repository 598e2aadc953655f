import type { ClientRow } from "../../_dialect_table.ts";
import { geminiClient } from "./client.ts";
import { geminiProvider } from "./dialect.ts";
import { geminiTurns } from "./pass_thought.ts";

/** Gemini's dialect, as clients speak it. */
export const geminiClientRow: ClientRow = {
  client: geminiClient,
  reader: geminiProvider,
  turns: geminiTurns,
};
