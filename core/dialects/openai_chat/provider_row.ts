import type { DialectRow } from "../../_dialect_table.ts";
import { passChat } from "./pass.ts";
import { openAiChatProvider } from "./provider.ts";

/** Chat Completions, as providers speak it. */
export const chatRow: DialectRow = {
  provider: openAiChatProvider,
  passes: new Map([["openai_chat", passChat]]),
};
