import { missing, wrongType } from "./_api_error.ts";
import { isObject, type JsonObject } from "./_json_fields.ts";
import { estimateTokens } from "./_text.ts";

/** Most texts or documents in one request. */
const MAX_ITEMS = 1_000;
const CATEGORIES = ["harassment", "hate", "self-harm", "sexual", "violence"];

/** Flags the texts that name a category: JSON. `id` makes the answer's id. */
export function moderation(
  body: JsonObject,
  { model, id }: { readonly model: string; readonly id: string },
): string {
  const { input } = body;
  if (input === undefined) throw missing("input");
  const texts = Array.isArray(input) ? input.slice(0, MAX_ITEMS) : [input];
  const results = texts.map((item: unknown) => {
    const text = textOf(item, "input").toLowerCase();
    const found = CATEGORIES.map((name) =>
      [name, text.includes(name)] as const
    );
    return {
      flagged: found.some(([, is]) => is),
      categories: Object.fromEntries(found),
      category_scores: Object.fromEntries(
        found.map(([name, is]) => [name, is ? 0.99 : 0.01]),
      ),
    };
  });
  return JSON.stringify({ id: `modr-${id}`, model, results });
}

/** Ranks documents by the share of the query's words that they hold: JSON in Cohere's shape. */
export function rerank(body: JsonObject, id: string): string {
  const { query, documents, top_n: top } = body;
  if (typeof query !== "string") throw missing("query");
  if (!Array.isArray(documents) || documents.length === 0) {
    throw missing("documents");
  }
  const wanted = new Set(query.toLowerCase().split(/\W+/).filter(Boolean));
  let chars = query.length;
  const ranked = documents.slice(0, MAX_ITEMS).map((item: unknown, index) => {
    const text = textOf(item, "documents");
    chars += text.length;
    const said = new Set(text.toLowerCase().split(/\W+/));
    const shared = [...wanted].filter((word) => said.has(word)).length;
    return { index, relevance_score: shared / Math.max(wanted.size, 1) };
  }).sort((a, b) => b.relevance_score - a.relevance_score);
  const tokens = estimateTokens(chars);
  return JSON.stringify({
    id,
    results: typeof top === "number" ? ranked.slice(0, top) : ranked,
    meta: { api_version: { version: "2" }, billed_units: { search_units: 1 } },
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

function textOf(item: unknown, field: string): string {
  if (typeof item === "string") return item;
  const text = isObject(item) ? item["text"] ?? "" : undefined;
  if (typeof text === "string") return text;
  throw wrongType(field, "texts");
}
