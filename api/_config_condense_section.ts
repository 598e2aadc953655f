import { CONDENSE_STRATEGIES } from "@llm-proxy/context";
import * as z from "@zod/zod";
import { count, line, seconds } from "./_config_values.ts";

const strategies = () =>
  z.array(z.enum(CONDENSE_STRATEGIES)).min(1).max(CONDENSE_STRATEGIES.length);
const threshold = () => count(100, 100_000_000);

/** `condensation` */
export const condensation = z.strictObject({
  enabled: z.boolean().default(false)
    .describe("Whether long conversations are shortened."),
  // Below the window of nearly every current model.
  truncation_threshold: threshold().default(100_000)
    .describe("Tokens from which on a conversation is shortened."),
  // What loses least comes first.
  strategies: strategies().default([
    "truncate_tool_results",
    "remove_duplicates",
    "drop_oldest",
  ]).describe("What is done, in this order, until there is room."),
  tool_result_max_tokens: count(16, 1_000_000).default(2000)
    .describe("Tokens of a tool result that truncate_tool_results keeps."),
  summary_model: line().optional().describe(
    "The model that sums up for summarize; without it turns are left out.",
  ),
  summary_max_tokens: count(16, 100_000).default(512)
    .describe("Most tokens of a summary."),
  // The caller waits for it.
  summary_timeout: seconds(300).default(10).describe(
    "Seconds that summaries of a request may take; then turns are left out.",
  ),
  cache_size: count(0, 1_000_000).default(1000).describe("Summaries kept."),
  cache_ttl: seconds(31_536_000).default(3600)
    .describe("Seconds a summary is kept."),
  error_patterns: z.array(line(200)).max(100).default([
    "context_length_exceeded",
    "maximum context length",
    "prompt is too long",
  ]).describe(
    "Texts in a provider's error that mean the context was too long; compared without case, not patterns.",
  ),
}).prefault({}).describe("How long conversations are shortened.");

/** `routes[].condense` */
export const routeCondense = z.union([
  z.literal(false),
  z.strictObject({
    // A provider knows best what it takes, and a failed attempt costs little.
    on: z.enum(["threshold", "error"]).default("threshold").describe(
      "error waits for a provider to say that a request is too long.",
    ),
    threshold: threshold().optional()
      .describe("As truncation_threshold, which it replaces."),
    strategies: strategies().optional()
      .describe("As in condensation, which it replaces."),
    summary_model: line().optional()
      .describe("As in condensation, which it replaces."),
  }),
]);
