import type { CountDialect } from "./count_dialect.ts";
import type { ClientDialect, ProviderDialect } from "./dialect.ts";
import type { EmbeddingDialect } from "./embedding.ts";
import type { EndpointName } from "./endpoint.ts";
import type { JsonDocument } from "./json_document.ts";
import { LazyRows } from "./_lazy_rows.ts";
import type { PassedTurns } from "./passed_thought.ts";
import type { DialectName } from "./provider.ts";
import type { PassOptions, Translation } from "./translation.ts";

/** The dialects in which clients speak. */
export type ClientName =
  | "openai_chat"
  | "openai_completions"
  | "openai_responses"
  | "anthropic"
  | "gemini";

/** A way on which bytes pass with the smallest edit; `undefined` where this model has none. */
export type Pass = (
  document: JsonDocument,
  options: PassOptions,
) => Translation | undefined;

/** Where a way leads. */
export interface PassTarget {
  readonly provider: { readonly endpoints?: ReadonlySet<EndpointName> };
  readonly row: DialectRow;
}

/** A dialect that some providers of another are asked in. */
export type SecondDialect = "openai_responses";

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

/** What there is of one dialect in which clients speak. */
export interface ClientRow {
  readonly client: ClientDialect;
  /** Reads answers in its words, where some come in them. */
  readonly reader?: ProviderDialect;
  /** How the turns of a request stand in it, where thought may be among them. */
  readonly turns?: PassedTurns;
  /** The way to a provider that speaks another dialect and serves this one besides. */
  readonly passTo?: (target: PassTarget) => Pass | undefined;
}

/** The dialects of providers, by name: a new one is a row here, and a folder. */
export const DIALECTS: LazyRows<DialectName | SecondDialect, DialectRow> =
  new LazyRows(
    "dialect",
    {
      openai_chat: async () =>
        (await import("./dialects/openai_chat/provider_row.ts")).chatRow,
      openai_responses: async () =>
        (await import("./dialects/openai_responses/provider_row.ts"))
          .responsesRow,
      anthropic: async () =>
        (await import("./dialects/anthropic/provider_row.ts")).anthropicRow,
      gemini: async () =>
        (await import("./dialects/gemini/provider_row.ts")).geminiRow,
      bedrock: async () =>
        (await import("./dialects/bedrock/provider_row.ts")).bedrockRow,
      cohere: async () =>
        (await import("./dialects/cohere/provider_row.ts")).cohereRow,
      ollama: async () =>
        (await import("./dialects/ollama/provider_row.ts")).ollamaRow,
      vertex: async () =>
        (await import("./dialects/vertex/provider_row.ts")).vertexRow,
    },
  );

/** The dialects of clients, by name. */
export const CLIENTS: LazyRows<ClientName, ClientRow> = new LazyRows(
  "client dialect",
  {
    openai_chat: async () =>
      (await import("./dialects/openai_chat/client_row.ts")).chatClientRow,
    openai_completions: async () =>
      (await import("./dialects/openai_completions/client_row.ts"))
        .completionsClientRow,
    openai_responses: async () =>
      (await import("./dialects/openai_responses/client_row.ts"))
        .responsesClientRow,
    anthropic: async () =>
      (await import("./dialects/anthropic/client_row.ts")).anthropicClientRow,
    gemini: async () =>
      (await import("./dialects/gemini/client_row.ts")).geminiClientRow,
  },
);

/** What there is of the dialect in which a model of a provider speaks. */
export function dialectRow(
  dialect: DialectName | SecondDialect,
  model: string,
): DialectRow {
  const row = DIALECTS.get(dialect);
  return row.ofModel?.(model) ?? row;
}

/**
 * The way of a client whose own dialect the provider speaks too, if there is
 * one: bytes pass with the smallest edit.
 */
export function passFor(
  client: ClientDialect,
  target: PassTarget,
): Pass | undefined {
  return CLIENTS.find(client.name)?.passTo?.(target) ??
    target.row.passes?.get(client.name);
}
