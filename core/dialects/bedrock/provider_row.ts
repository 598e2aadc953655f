import type { DialectRow } from "../../_dialect_table.ts";
import { bedrockCount, isCounted } from "./count_tokens.ts";
import { passInvoke } from "./pass.ts";
import { bedrockProvider } from "./provider.ts";

const PLAIN: DialectRow = {
  provider: bedrockProvider,
  passes: new Map([["anthropic", passInvoke]]),
};
const COUNTED: DialectRow = { ...PLAIN, count: bedrockCount };

/** Converse, and Claude's own words, as Bedrock speaks them. */
export const bedrockRow: DialectRow = {
  ...PLAIN,
  ofModel: (model) => isCounted(model) ? COUNTED : undefined,
};
