import type { ClientRow } from "../../_dialect_table.ts";
import { openAiChatClient } from "./client.ts";
import { chatTurns } from "./pass_thought.ts";
import { openAiChatProvider } from "./provider.ts";

/** Chat Completions, as clients speak it. */
export const chatClientRow: ClientRow = {
  client: openAiChatClient,
  reader: openAiChatProvider,
  turns: chatTurns,
};
