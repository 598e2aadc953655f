import * as z from "@zod/zod";
import { count, line } from "./_config_values.ts";

const price = () => z.number().min(0).max(1_000_000);

const RATES = {
  input: price().describe("Tokens of the request."),
  output: price().describe("Tokens of the answer."),
  cached_input: price().optional()
    .describe("Tokens of the request from the provider's cache."),
  cache_write: price().optional()
    .describe("Tokens of the request that are written to its cache."),
  cache_write_1h: price().optional()
    .describe("Those of them that it keeps for an hour."),
  reasoning: price().optional().describe("Tokens of the answer's thought."),
  audio_input: price().optional()
    .describe("Tokens of audio in the request."),
  audio_output: price().optional().describe("Tokens of audio in the answer."),
  image_input: price().optional()
    .describe("Tokens of images in the request."),
  image_output: price().optional()
    .describe("Tokens of images in the answer."),
  web_search: price().optional()
    .describe("A search of the web by the provider, US dollars each."),
  request: price().optional().describe("A request, US dollars each."),
};

/** `providers[].models[].prices` */
export const prices = z.strictObject({
  ...RATES,
  service_tiers: z.record(line(64), z.number().min(0).max(100)).optional()
    .describe(
      "By what tokens are multiplied in a service tier, as in batch: 0.5.",
    ),
  long_context: z.array(z.strictObject({
    above: count(1, 1_000_000_000)
      .describe("For requests with more input tokens than this."),
    ...RATES,
  })).max(10).optional().describe("What a long input costs instead."),
});
