import type { DialectRow } from "../../_dialect_table.ts";
import { passResponses } from "./pass.ts";
import { openAiResponsesProvider } from "./provider.ts";

/** Responses, where a provider of Chat Completions is asked by that. */
export const responsesRow: DialectRow = {
  provider: openAiResponsesProvider,
  passes: new Map([["openai_responses", passResponses]]),
};
