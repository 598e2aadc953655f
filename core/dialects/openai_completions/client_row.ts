import type { ClientRow } from "../../_dialect_table.ts";
import { servesEndpoint } from "../../endpoint.ts";
import { openAiCompletionsClient } from "./client.ts";
import { passCompletions } from "./pass.ts";

/** The legacy Completions, which no provider speaks alone. */
export const completionsClientRow: ClientRow = {
  client: openAiCompletionsClient,
  passTo: ({ provider, row }) =>
    row.provider.name === "openai_chat" &&
      servesEndpoint(provider, "completions")
      ? passCompletions
      : undefined,
};
