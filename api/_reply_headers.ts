import { cleanHeader } from "./provider_secrets.ts";
import type { ReplyHeaders } from "./exchange.ts";
import { condensedHeader } from "./condensation.ts";
import type { RequestRecord } from "./request_record.ts";

/** What a stream says of caches (L11, X17). */
export const STREAM_CACHING = "no-cache, no-store";

/** Where providers and their front doors put the id of a request (K14). */
const UPSTREAM_IDS = [
  "x-request-id",
  "request-id",
  "x-amzn-requestid",
  "apim-request-id",
  "cf-ray",
] as const;

/** The provider's own id of a request, where it tells one. */
export function upstreamRequestId(headers: ReplyHeaders): string | undefined {
  for (const name of UPSTREAM_IDS) {
    if (headers[name] !== undefined) return headers[name];
  }
  return undefined;
}

/**
 * What every answer carries: our id, where the request went, what was lost,
 * and the provider's rate-limit headers as they are (K13). Nothing else of a
 * provider's headers passes.
 */
export function replyHeaders(
  record: RequestRecord,
  upstream: ReplyHeaders = {},
): Record<string, string> {
  const headers: Record<string, string> = {
    "x-request-id": record.id,
    "x-content-type-options": "nosniff",
    // What is one caller's is no other's, whatever stands in between (X17).
    "cache-control": "no-store",
    "vary": "authorization, x-api-key, x-goog-api-key",
  };
  // C38: where the SDK of this dialect looks for it.
  if (record.client.name === "anthropic") headers["request-id"] = record.id;
  const { trace, condensed } = record;
  if (condensed !== undefined) {
    headers["x-llm-proxy-condensed"] = condensedHeader(condensed);
  }
  if (trace !== undefined) {
    const { candidate, losses, upstreamId } = trace;
    headers["x-llm-proxy-provider"] = candidate.provider.name;
    headers["x-llm-proxy-model"] = visible(candidate.model);
    record.attempts.headers(candidate.deployment.id, headers);
    if (upstreamId !== undefined) {
      headers["x-llm-proxy-upstream-request-id"] = visible(upstreamId);
    }
    if (!losses.empty) headers["x-llm-proxy-loss"] = losses.toString();
  } else if (record.requestedModel !== undefined) {
    record.attempts.headers(undefined, headers);
  }
  if (record.cache !== undefined) tellCache(record, headers);
  const { account, admitted } = record;
  if (account !== undefined && account.warnings.length > 0) {
    headers["x-llm-proxy-budget"] = account.warnings.map(visible).join(", ");
  }
  // A client that has limits here must not hear of others' beside them.
  if (admitted !== undefined) return Object.assign(headers, admitted.headers);
  for (const name in upstream) {
    if (
      !name.startsWith("x-ratelimit-") &&
      !name.startsWith("anthropic-ratelimit-")
    ) continue;
    const value = upstream[name] ?? "";
    // What no provider has said is our own refusal's.
    const told = trace ? cleanHeader(trace.candidate.provider, value) : value;
    headers[name] = visible(told);
  }
  return headers;
}

/** What a whole answer carries: its cost as well, in micro-dollars, where that is known. */
export function wholeHeaders(
  record: RequestRecord,
  upstream: ReplyHeaders,
): Record<string, string> {
  const headers = replyHeaders(record, upstream);
  headers["content-type"] = "application/json";
  const cost = record.trace && record.account?.costWith(record.trace);
  if (cost !== undefined) headers["x-llm-proxy-cost"] = cost;
  return headers;
}

/** How caches took the request, and of an answer that was kept where it is from and what it saved. */
function tellCache(
  { cache, recalled }: RequestRecord,
  headers: Record<string, string>,
): void {
  headers["x-llm-proxy-cache"] = cache ?? "";
  if (recalled === undefined) return;
  const { provider, model, ageMs, saved, similarity } = recalled;
  headers["x-llm-proxy-provider"] = provider;
  headers["x-llm-proxy-model"] = visible(model);
  headers["age"] = String(Math.floor(ageMs / 1000));
  if (similarity !== undefined) {
    headers["x-llm-proxy-cache-similarity"] = similarity.toFixed(3);
  }
  if (saved === undefined) return;
  headers["x-llm-proxy-cache-saved"] =
    `input=${saved.input};output=${saved.output}`;
}

/** Keeps a foreign value from breaking out of its header (C12). */
export function visible(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, "?").slice(0, 256);
}
