import type { ClientRow } from "../../_dialect_table.ts";
import { anthropicClient } from "./client.ts";
import { anthropicProvider } from "./dialect.ts";
import { messagesTurns } from "./pass_thought.ts";

/** Messages, as clients speak it. */
export const anthropicClientRow: ClientRow = {
  client: anthropicClient,
  reader: anthropicProvider,
  turns: messagesTurns,
};
