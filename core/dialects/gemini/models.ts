import type { ListedModel } from "../../list_models.ts";
import { listedFacts } from "../../listed_facts.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { asList, asText, isObject } from "../_json.ts";

/** One page of the provider's models. */
export interface ModelPage {
  readonly models: readonly ListedModel[];
  /** What `pageToken` asks for the next page; absent on the last one. */
  readonly next?: string;
}

/** What a model must be able to do to be listed. */
const METHODS: ReadonlySet<unknown> = new Set([
  "generateContent",
  "embedContent",
]);
const COLLECTION = "models/";

/**
 * Reads a page of `GET /models`: names lose their `models/` (D28), and models
 * that neither speak nor embed are passed over.
 *
 * @throws {UpstreamError} when it is no such page.
 */
export function decodeModelPage(body: unknown): ModelPage {
  if (!isObject(body) || !isList(body.models)) {
    throw invalidAnswer("is no list of models");
  }
  const models: ListedModel[] = [];
  for (const model of asList(body.models)) {
    if (!isObject(model)) continue;
    const name = asText(model.name);
    const methods = model.supportedGenerationMethods;
    const isUsable = !Array.isArray(methods) ||
      methods.some((method) => METHODS.has(method));
    if (name === "" || !isUsable) continue;
    const id = name.startsWith(COLLECTION)
      ? name.slice(COLLECTION.length)
      : name;
    models.push({ id, ownedBy: "google", ...listedFacts(model) });
  }
  const next = asText(body.nextPageToken);
  return { models, ...(next !== "" && { next }) };
}

/** An empty list may be left out. */
function isList(value: unknown): boolean {
  return value === undefined || Array.isArray(value);
}
