import {
  editJsonDocument,
  type JsonDocument,
  parseJsonDocument,
} from "@llm-proxy/core";
import type { RequestContext } from "./endpoints.ts";

/** Providers whose newest models refuse the older name of the limit. */
const RENAMED = new Set(["openai", "azure_openai"]);

/** A request for a provider's chosen model, with what was chosen beside it where the caller says nothing of that. */
export function withSelection(
  { gateway, record }: RequestContext,
  document: JsonDocument,
): JsonDocument {
  const { value } = document;
  const name = String(value.model);
  const selection = gateway.selections.of(name);
  if (selection === undefined) return document;
  const { max_tokens: limit, temperature } = selection;
  const edits = new Map<string, string>();
  if (temperature !== undefined && value.temperature === undefined) {
    edits.set("temperature", String(temperature));
  }
  const isLimited = [
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
  ].some((it) => value[it] !== undefined && value[it] !== null);
  if (limit !== undefined && !isLimited) {
    const type = gateway.providers.find((it) => it.name === name)?.type ?? "";
    edits.set(limitOf(record.client.name, type), String(limit));
  }
  return edited(document, edits);
}

/** The same for a client that names the model elsewhere, and has its settings in a member of their own. */
export function withGeminiSelection(
  { gateway }: RequestContext,
  { document, model }: {
    readonly document: JsonDocument;
    readonly model: string;
  },
): JsonDocument {
  const selection = gateway.selections.of(model);
  if (selection === undefined) return document;
  const { value, spans, text } = document;
  const name = value.generation_config === undefined
    ? "generationConfig"
    : "generation_config";
  const config = value[name] ?? {};
  // What is no map is refused by its decoder.
  if (typeof config !== "object" || Array.isArray(config)) return document;
  const said = (names: readonly string[]): boolean =>
    names.some((it) => Object.hasOwn(config, it));
  const { max_tokens: limit, temperature } = selection;
  const members: string[] = [];
  if (limit !== undefined && !said(["maxOutputTokens", "max_output_tokens"])) {
    members.push(`"maxOutputTokens":${limit}`);
  }
  if (temperature !== undefined && !said(["temperature"])) {
    members.push(`"temperature":${temperature}`);
  }
  if (members.length === 0) return document;
  const span = (value[name] ?? null) === null ? undefined : spans.get(name);
  // Long numbers in what is there keep their digits.
  const rest = span && text.slice(span[0] + 1, span[1] - 1).trim();
  if (rest) members.push(rest);
  const settings = `{${members.join()}}`;
  return edited(document, new Map([[name, settings]]));
}

function edited(
  document: JsonDocument,
  edits: ReadonlyMap<string, string>,
): JsonDocument {
  if (edits.size === 0) return document;
  const text = editJsonDocument(document, edits);
  return parseJsonDocument(new TextEncoder().encode(text));
}

/** The name of the limit in a dialect. */
function limitOf(client: string, type: string): string {
  if (client === "openai_responses") return "max_output_tokens";
  const isNew = client === "openai_chat" && RENAMED.has(type);
  return isNew ? "max_completion_tokens" : "max_tokens";
}
