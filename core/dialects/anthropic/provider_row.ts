import type { DialectRow } from "../../_dialect_table.ts";
import { anthropicCount } from "./count_tokens.ts";
import { anthropicProvider } from "./dialect.ts";
import { passMessages } from "./pass.ts";

/** Messages, as Anthropic speaks it. */
export const anthropicRow: DialectRow = {
  provider: anthropicProvider,
  passes: new Map([["anthropic", passMessages]]),
  count: anthropicCount,
};
