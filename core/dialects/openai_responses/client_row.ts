import type { ClientRow } from "../../_dialect_table.ts";
import { openAiResponsesClient } from "./client.ts";
import { responsesTurns } from "./pass_thought.ts";
import { openAiResponsesProvider } from "./provider.ts";

/** Responses, as clients speak it. */
export const responsesClientRow: ClientRow = {
  client: openAiResponsesClient,
  reader: openAiResponsesProvider,
  turns: responsesTurns,
};
