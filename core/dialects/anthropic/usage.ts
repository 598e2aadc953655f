import type { Usage } from "../../answer.ts";
import { detailsOf } from "../../_usage_details.ts";
import { isObject, type JsonObject } from "../_json.ts";

/**
 * Token counts as the provider tells them, in pieces over one answer.
 *
 * Each piece holds the counts so far, so a later number replaces an earlier
 * one (C30); a zero, a `null` or nothing at all replaces none (N7).
 */
export class UsageTally {
  #seen = false;
  #uncached = 0;
  #cached = 0;
  #cacheWrite = 0;
  #cacheWrite1h = 0;
  #output = 0;
  #reasoning = 0;
  #webSearches = 0;
  #serviceTier: string | undefined;

  /** Takes a `usage` object; anything else is ignored. Says whether it was one. */
  add(usage: unknown): boolean {
    if (!isObject(usage)) return false;
    this.#seen = true;
    this.#uncached = tokens(usage.input_tokens) || this.#uncached;
    this.#cached = tokens(usage.cache_read_input_tokens) || this.#cached;
    this.#cacheWrite = tokens(usage.cache_creation_input_tokens) ||
      this.#cacheWrite;
    this.#cacheWrite1h =
      member(usage.cache_creation, "ephemeral_1h_input_tokens") ||
      this.#cacheWrite1h;
    this.#output = tokens(usage.output_tokens) || this.#output;
    this.#reasoning = member(usage.output_tokens_details, "thinking_tokens") ||
      this.#reasoning;
    this.#webSearches = member(usage.server_tool_use, "web_search_requests") ||
      this.#webSearches;
    if (typeof usage.service_tier === "string") {
      this.#serviceTier = usage.service_tier;
    }
    return true;
  }

  /** The counts so far; `undefined` where the provider told none. The provider's input excludes the cache, ours includes it (C35, N2). */
  get usage(): Usage | undefined {
    if (!this.#seen) return undefined;
    const input = this.#uncached + this.#cached + this.#cacheWrite;
    return {
      input,
      cached: this.#cached,
      cacheWrite: this.#cacheWrite,
      cacheWrite1h: Math.min(this.#cacheWrite1h, this.#cacheWrite),
      output: this.#output,
      reasoning: Math.min(this.#reasoning, this.#output),
      total: input + this.#output,
      ...detailsOf({
        webSearches: this.#webSearches,
        // The usual tier needs no word.
        serviceTier: this.#serviceTier === "standard"
          ? undefined
          : this.#serviceTier,
      }),
    };
  }
}

/** Token counts in the provider's terms: input without the cache, cache writes by lifetime (C35, C36). */
export function encodeUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.input - usage.cached - usage.cacheWrite,
    cache_creation_input_tokens: usage.cacheWrite,
    cache_read_input_tokens: usage.cached,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite - usage.cacheWrite1h,
      ephemeral_1h_input_tokens: usage.cacheWrite1h,
    },
    output_tokens: usage.output,
    output_tokens_details: { thinking_tokens: usage.reasoning },
  };
}

function member(details: unknown, name: string): number {
  return isObject(details) ? tokens(details[name]) : 0;
}

function tokens(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) > 0
    ? value as number
    : 0;
}
