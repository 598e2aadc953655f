import type { Usage, UsageDetails } from "../../answer.ts";
import { detailsOf, laterDetails } from "../../_usage_details.ts";
import { isJsonObject, type JsonObject } from "./_decode_node.ts";

/** How providers name the tier that costs as usual, or that nobody has chosen. */
const USUAL_TIERS: ReadonlySet<string> = new Set([
  "default",
  "standard",
  "auto",
  "on_demand",
]);

/**
 * Reads a `usage` object of an OpenAI-compatible provider (N1, J8, J25).
 *
 * Thought is added to the output where the provider counts it apart (J13, N4):
 * where the total says so, or where there is more of it than output at all.
 *
 * @param tier The service tier that the answer names beside its counts (N10).
 * @returns `undefined` where there are no counts.
 */
export function decodeChatUsage(
  value: unknown,
  tier?: unknown,
): Usage | undefined {
  if (!isJsonObject(value)) return undefined;
  const prompt = value.prompt_tokens ?? value.input_tokens;
  const completion = value.completion_tokens ?? value.output_tokens;
  if (!isCount(prompt) && !isCount(completion)) return undefined;
  const promptDetails = members(value.prompt_tokens_details);
  const completionDetails = members(value.completion_tokens_details);
  const input = count(prompt);
  const cached = Math.min(
    input,
    count(promptDetails.cached_tokens) ||
      count(value.prompt_cache_hit_tokens) || count(value.cached_tokens),
  );
  const cacheWrite = Math.min(
    input - cached,
    count(promptDetails.cache_write_tokens) ||
      count(value.cache_creation_input_tokens),
  );
  const reasoning = count(completionDetails.reasoning_tokens) ||
    count(value.reasoning_tokens);
  let output = count(completion);
  const isApart = reasoning > output ||
    count(value.total_tokens) === input + output + reasoning;
  if (isApart) output += reasoning;
  const usage = {
    input,
    cached,
    cacheWrite,
    cacheWrite1h: 0,
    output,
    reasoning,
    total: input + output,
  };
  const more = { promptDetails, completionDetails, tier };
  const { details } = chatDetails(value, more);
  return details === undefined ? usage : { ...usage, details };
}

/** What else has a price: audio, images, searches, and what OpenRouter and Perplexity say that they charge. */
function chatDetails(
  value: JsonObject,
  { promptDetails, completionDetails, tier }: {
    readonly promptDetails: JsonObject;
    readonly completionDetails: JsonObject;
    readonly tier: unknown;
  },
): { readonly details?: UsageDetails } {
  const { cost } = value;
  const charged = isJsonObject(cost) ? cost.total_cost : cost;
  return detailsOf({
    audioInput: count(promptDetails.audio_tokens),
    imageInput: count(promptDetails.image_tokens),
    audioOutput: count(completionDetails.audio_tokens),
    imageOutput: count(completionDetails.image_tokens),
    webSearches: count(members(value.server_tool_use).web_search_requests) ||
      count(value.num_search_queries),
    cost: isCount(charged) ? charged : undefined,
    serviceTier: tierOf(tier),
  });
}

/** The tier that was served, where it is not the usual one. */
export function tierOf(tier: unknown): string | undefined {
  return typeof tier === "string" && tier !== "" && !USUAL_TIERS.has(tier)
    ? tier
    : undefined;
}

/** Writes a `usage` object as OpenAI does (N1), and what it came with beyond that under the names it came by. */
export function encodeChatUsage(usage: Usage): Record<string, unknown> {
  const { details } = usage;
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.total,
    prompt_tokens_details: {
      cached_tokens: usage.cached,
      cache_write_tokens: usage.cacheWrite,
      ...(details?.audioInput && { audio_tokens: details.audioInput }),
      ...(details?.imageInput && { image_tokens: details.imageInput }),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      ...(details?.audioOutput && { audio_tokens: details.audioOutput }),
      ...(details?.imageOutput && { image_tokens: details.imageOutput }),
    },
    ...(details?.webSearches && {
      server_tool_use: { web_search_requests: details.webSearches },
    }),
    ...(details?.cost !== undefined && { cost: details.cost }),
  };
}

/**
 * The usage after a further report: the later one counts, but a count that it
 * leaves at zero stays what it was (N7).
 */
export function laterUsage(
  previous: Usage | undefined,
  next: Usage | undefined,
): Usage | undefined {
  if (!previous || !next) return next ?? previous;
  const input = next.input || previous.input;
  const output = next.output || previous.output;
  return {
    input,
    cached: next.cached || previous.cached,
    cacheWrite: next.cacheWrite || previous.cacheWrite,
    cacheWrite1h: next.cacheWrite1h || previous.cacheWrite1h,
    output,
    reasoning: next.reasoning || previous.reasoning,
    total: input + output,
    ...laterDetails(previous, next),
  };
}

const NO_MEMBERS: JsonObject = {};

function members(value: unknown): JsonObject {
  return isJsonObject(value) ? value : NO_MEMBERS;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function count(value: unknown): number {
  return isCount(value) ? Math.floor(value) : 0;
}
