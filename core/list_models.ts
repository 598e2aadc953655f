import { parseJsonText } from "./parse_json_text.ts";
import { modelsUrl } from "./_models_url.ts";
import { collectBody } from "./attempt.ts";
import { decodeModelPage, type ModelPage } from "./dialects/gemini/models.ts";
import { UpstreamError } from "./errors.ts";
import { type ListedFacts, listedFacts } from "./listed_facts.ts";
import type { DialectName, Provider } from "./provider.ts";

/** One model as its provider lists it. */
export interface ListedModel extends ListedFacts {
  /** The model as the provider names it. */
  readonly id: string;
  /** Seconds since 1970, where the provider tells. */
  readonly created?: number;
  /** Who made it, where the provider tells. */
  readonly ownedBy?: string;
}

/** How many pages of a list are read; a provider that never ends is cut there. */
const MAX_PAGES = 20;

/**
 * Asks a provider for the models that it serves, page by page. Of one whose
 * dialect has no such list, there are none.
 *
 * @throws {UpstreamError} when it can't be reached or answers with anything but a list.
 * @throws {unknown} the signal's reason once it is aborted.
 *
 * @example What the mock serves
 * ```ts
 * import { listModels, ProviderFactory } from "@llm-proxy/core";
 * import { assert } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const mock = factory.create({ name: "mock", type: "mock" });
 * const models = await listModels(mock, { signal: AbortSignal.timeout(5_000) });
 * assert(models.some(({ id }) => id === "echo"));
 * factory.close();
 * ```
 */
export async function listModels(
  provider: Provider,
  options: { readonly signal: AbortSignal },
): Promise<ListedModel[]> {
  const models: ListedModel[] = [];
  const paging = PAGING[provider.dialect];
  if (paging === undefined) return models;
  const { first, cursor } = paging;
  let query = first;
  for (let page = 0; page < MAX_PAGES; page++) {
    const list = await readPage(provider, query, options.signal);
    models.push(...list.models);
    if (list.next === undefined) break;
    query = { ...first, [cursor]: list.next };
  }
  return models;
}

/** How each dialect asks for the first page, and by which parameter for a later one; `undefined` where there is no list. */
const PAGING: Readonly<Record<DialectName, Paging | undefined>> = {
  openai_chat: { first: {}, cursor: "after_id" },
  anthropic: { first: { limit: "1000" }, cursor: "after_id" },
  gemini: { first: { pageSize: "1000" }, cursor: "pageToken" },
  cohere: { first: { page_size: "1000" }, cursor: "page_token" },
  ollama: { first: {}, cursor: "page" },
  // The list is at another host, and tells not what this account may use.
  bedrock: undefined,
  vertex: undefined,
};

interface Paging {
  readonly first: Readonly<Record<string, string>>;
  readonly cursor: string;
}

/** One page: its models, and where the next one starts. */
async function readPage(
  provider: Provider,
  query: Paging["first"],
  signal: AbortSignal,
): Promise<ModelPage> {
  const response = await provider.transport.send({
    method: "GET",
    url: modelsUrl(provider, query),
    headers: { accept: "application/json", ...provider.headers },
  }, { signal });
  const bytes = await collectBody(response.body);
  const body = response.status === 200 ? parse(bytes) : undefined;
  if (provider.dialect === "gemini" && response.status === 200) {
    return decodeModelPage(body);
  }
  const isNamed = provider.dialect === "cohere" ||
    provider.dialect === "ollama";
  if (isNamed && response.status === 200) return decodeNamedModels(body);
  const { data, has_more: more, last_id: last } = (body ?? {}) as Record<
    string,
    unknown
  >;
  // Some compatible servers answer with the bare array.
  const rows = Array.isArray(body) ? body : data;
  if (!Array.isArray(rows)) {
    throw new UpstreamError(
      "upstream",
      `Provider '${provider.name}' did not list its models: status ${response.status}`,
      { code: "upstream_invalid_response" },
    );
  }
  return {
    models: rows.flatMap((row) => modelOf(row) ?? []),
    ...(more === true && typeof last === "string" && { next: last }),
  };
}

/** A page of Cohere's or Ollama's: models by their names. */
function decodeNamedModels(body: unknown): ModelPage {
  const { models, next_page_token: next } = (body ?? {}) as Record<
    string,
    unknown
  >;
  const rows: readonly unknown[] = Array.isArray(models) ? models : [];
  return {
    models: rows.flatMap((row) => {
      const { name } = (row ?? {}) as Record<string, unknown>;
      return typeof name === "string" && name !== "" ? [{ id: name }] : [];
    }),
    ...(typeof next === "string" && next !== "" && { next }),
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseJsonText(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** Reads a row; one without an id is passed over. */
function modelOf(item: unknown): ListedModel | undefined {
  const { id, created, owned_by: owner } = (item ?? {}) as Record<
    string,
    unknown
  >;
  if (typeof id !== "string" || id === "") return undefined;
  return {
    id,
    ...(typeof created === "number" && { created }),
    ...(typeof owner === "string" && { ownedBy: owner }),
    ...listedFacts(item),
  };
}
