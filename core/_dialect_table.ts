import type { ClientDialect, ProviderDialect } from "./dialect.ts";
import { anthropicProvider } from "./dialects/anthropic/dialect.ts";
import { anthropicCount } from "./dialects/anthropic/count_tokens.ts";
import { passMessages } from "./dialects/anthropic/pass.ts";
import { geminiCount } from "./dialects/gemini/count_tokens.ts";
import { passInvoke } from "./dialects/bedrock/pass.ts";
import { bedrockCount, isCounted } from "./dialects/bedrock/count_tokens.ts";
import { bedrockProvider } from "./dialects/bedrock/provider.ts";
import { geminiProvider } from "./dialects/gemini/dialect.ts";
import { geminiEmbeddings } from "./dialects/gemini/embeddings.ts";
import { passGemini } from "./dialects/gemini/pass.ts";
import { cohereProvider } from "./dialects/cohere/dialect.ts";
import { cohereEmbeddings } from "./dialects/cohere/embeddings.ts";
import { ollamaProvider } from "./dialects/ollama/dialect.ts";
import { ollamaEmbeddings } from "./dialects/ollama/embeddings.ts";
import { openAiChatProvider } from "./dialects/openai_chat/provider.ts";
import { passCompletions } from "./dialects/openai_completions/pass.ts";
import {
  passRawPredict,
  vertexClaudeProvider,
} from "./dialects/vertex/claude.ts";
import {
  vertexClaudeCount,
  vertexGeminiCount,
} from "./dialects/vertex/count_tokens.ts";
import { vertexEmbeddings } from "./dialects/vertex/embeddings.ts";
import {
  passVertexGemini,
  vertexGeminiProvider,
} from "./dialects/vertex/gemini.ts";
import { isClaude } from "./dialects/vertex/_model_path.ts";
import { passResponses } from "./dialects/openai_responses/pass.ts";
import { openAiResponsesProvider } from "./dialects/openai_responses/provider.ts";
import { passChat } from "./dialects/openai_chat/pass.ts";
import type { CountDialect } from "./count_dialect.ts";
import type { EmbeddingDialect } from "./embedding.ts";
import { type EndpointName, servesEndpoint } from "./endpoint.ts";
import type { JsonDocument } from "./json_document.ts";
import type { DialectName } from "./provider.ts";
import type { PassOptions, Translation } from "./translation.ts";

/** A way on which bytes pass with the smallest edit; `undefined` where this model has none. */
export type Pass = (
  document: JsonDocument,
  options: PassOptions,
) => Translation | undefined;

/** What there is of one dialect in which providers speak. */
export interface DialectRow {
  /** To and from the canonical vocabulary. */
  readonly provider: ProviderDialect;
  /** The ways of clients whose dialect the provider speaks as well, by the dialect's name. */
  readonly passes?: ReadonlyMap<string, Pass>;
  /** Embeddings, where they are not OpenAI's own. */
  readonly embeddings?: EmbeddingDialect;
  /** Counts of tokens, where the provider counts them. */
  readonly count?: CountDialect;
  /** The row of a model that speaks otherwise than the others there. */
  readonly ofModel?: (model: string) => DialectRow | undefined;
}

/** OpenAI's other API, where a provider of its dialect is asked by that. */
export const RESPONSES: DialectRow = {
  provider: openAiResponsesProvider,
  passes: new Map([["openai_responses", passResponses]]),
};

const VERTEX_CLAUDE: DialectRow = {
  provider: vertexClaudeProvider,
  passes: new Map([["anthropic", passRawPredict]]),
  count: vertexClaudeCount,
};

const BEDROCK: DialectRow = {
  provider: bedrockProvider,
  passes: new Map([["anthropic", passInvoke]]),
};
const BEDROCK_COUNTED: DialectRow = { ...BEDROCK, count: bedrockCount };

/** The dialects of providers, by name: a new one is a row. */
export const DIALECTS: Readonly<Record<DialectName, DialectRow>> = {
  openai_chat: {
    provider: openAiChatProvider,
    passes: new Map([["openai_chat", passChat]]),
  },
  anthropic: {
    provider: anthropicProvider,
    passes: new Map([["anthropic", passMessages]]),
    count: anthropicCount,
  },
  gemini: {
    provider: geminiProvider,
    passes: new Map([["gemini", passGemini]]),
    embeddings: geminiEmbeddings,
    count: geminiCount,
  },
  bedrock: {
    ...BEDROCK,
    ofModel: (model) => isCounted(model) ? BEDROCK_COUNTED : undefined,
  },
  cohere: { provider: cohereProvider, embeddings: cohereEmbeddings },
  ollama: { provider: ollamaProvider, embeddings: ollamaEmbeddings },
  vertex: {
    provider: vertexGeminiProvider,
    passes: new Map([["gemini", passVertexGemini]]),
    embeddings: vertexEmbeddings,
    count: vertexGeminiCount,
    ofModel: (model) => isClaude(model) ? VERTEX_CLAUDE : undefined,
  },
};

/** What there is of the dialect in which a model of a provider speaks. */
export function dialectRow(dialect: DialectName, model: string): DialectRow {
  const row = DIALECTS[dialect];
  return row.ofModel?.(model) ?? row;
}

/**
 * The way of a client whose own dialect the provider speaks too, if there is
 * one: bytes pass with the smallest edit.
 */
export function passFor(
  client: ClientDialect,
  { provider, row }: {
    readonly provider: { readonly endpoints?: ReadonlySet<EndpointName> };
    readonly row: DialectRow;
  },
): Pass | undefined {
  if (client.name === "openai_completions") {
    return row === DIALECTS.openai_chat &&
        servesEndpoint(provider, "completions")
      ? passCompletions
      : undefined;
  }
  return row.passes?.get(client.name);
}
