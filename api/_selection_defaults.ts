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
