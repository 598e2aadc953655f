import type { ClientDialect, ProviderDialect, Quirks } from "./dialect.ts";
import { anthropicProvider } from "./dialects/anthropic/dialect.ts";
import { anthropicCount } from "./dialects/anthropic/count_tokens.ts";
import { passMessages } from "./dialects/anthropic/pass.ts";
import { geminiCount } from "./dialects/gemini/count_tokens.ts";
import { geminiProvider } from "./dialects/gemini/dialect.ts";
import { geminiEmbeddings } from "./dialects/gemini/embeddings.ts";
import { passGemini } from "./dialects/gemini/pass.ts";
import { openAiChatProvider } from "./dialects/openai_chat/provider.ts";
import { passCompletions } from "./dialects/openai_completions/pass.ts";
import { passResponses } from "./dialects/openai_responses/pass.ts";
import { passChat } from "./dialects/openai_chat/pass.ts";
import type { CountDialect } from "./count_dialect.ts";
import type { EmbeddingDialect } from "./embedding.ts";
import { type EndpointName, servesEndpoint } from "./endpoint.ts";
import type { JsonDocument } from "./json_document.ts";
import type { DialectName } from "./provider.ts";
import type { PassOptions, Translation } from "./translation.ts";

/** What there is of one dialect in which providers speak. */
export interface DialectRow {
  /** To and from the canonical vocabulary. */
  readonly provider: ProviderDialect;
  /** The way of a client that speaks the same dialect: bytes pass with the smallest edit. */
  readonly pass?: (document: JsonDocument, options: PassOptions) => Translation;
  /** Embeddings, where they are not OpenAI's own. */
  readonly embeddings?: EmbeddingDialect;
  /** Counts of tokens, where the provider counts them. */
  readonly count?: CountDialect;
}

/** The dialects of providers, by name: a new one is a row. */
export const DIALECTS: Readonly<Record<DialectName, DialectRow>> = {
  openai_chat: { provider: openAiChatProvider, pass: passChat },
  anthropic: {
    provider: anthropicProvider,
    pass: passMessages,
    count: anthropicCount,
  },
  gemini: {
    provider: geminiProvider,
    pass: passGemini,
    embeddings: geminiEmbeddings,
    count: geminiCount,
  },
};

/**
 * The way of a client whose own dialect the provider speaks too, if there is
 * one: bytes pass with the smallest edit.
 */
export function passFor(
  client: ClientDialect,
  provider: {
    readonly dialect: DialectName;
    readonly quirks: Quirks;
    readonly endpoints?: ReadonlySet<EndpointName>;
  },
): DialectRow["pass"] {
  const { dialect, quirks } = provider;
  if (client.name === dialect) return DIALECTS[dialect].pass;
  if (client.name === "openai_completions") {
    return dialect === "openai_chat" && servesEndpoint(provider, "completions")
      ? passCompletions
      : undefined;
  }
  return quirks.responses && client.name === "openai_responses"
    ? passResponses
    : undefined;
}
