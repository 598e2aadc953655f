/**
 * Answers that nobody has recorded, by the dialect of their providers.
 *
 * @module
 */

import { cohereProvider } from "../core/dialects/cohere/dialect.ts";
import { ollamaProvider } from "../core/dialects/ollama/dialect.ts";
import type { Cell } from "./_cell.ts";
import { CHAT_CELLS } from "./_cells_chat.ts";
import { GEMINI_CELLS } from "./_cells_gemini.ts";
import { MESSAGES_CELLS } from "./_cells_messages.ts";
import { COHERE_CELLS, OLLAMA_CELLS } from "./_cells_native.ts";
import { RESPONSES_CELLS } from "./_cells_responses.ts";
import { FAMILIES, type Family } from "./_replay_families.ts";

/** What each answer says is known: no SDK need read it first. */
interface UnrecordedFamily extends Family {
  readonly recordings: readonly Cell[];
}

const CELLS: Readonly<Record<string, readonly Cell[]>> = {
  Chat: CHAT_CELLS,
  Responses: RESPONSES_CELLS,
  Anthropic: MESSAGES_CELLS,
  Gemini: GEMINI_CELLS,
};
const [chat] = FAMILIES;

/** One for each dialect of providers. */
export const UNRECORDED: readonly UnrecordedFamily[] = [
  ...FAMILIES.map((family) => ({
    ...family,
    recordings: CELLS[family.name]!,
  })),
  {
    name: "Cohere",
    recordings: COHERE_CELLS,
    entry: "name: co, type: cohere, api_key: co-Vb6Nm5Zx",
    provider: "co",
    dialect: cohereProvider,
    own: chat!.own,
    terminator: "event: message-end",
    failure:
      `event: message-end\ndata: {"type":"message-end","delta":{"finish_reason":"ERROR","error":"Overloaded"}}\n\n`,
  },
  {
    name: "Ollama",
    recordings: OLLAMA_CELLS,
    entry: "name: ol, type: ollama",
    provider: "ol",
    dialect: ollamaProvider,
    own: chat!.own,
    terminator: `"done":true`,
    failure: `{"error":"Overloaded"}\n`,
  },
];
