import * as z from "@zod/zod";
import { prices } from "./_config_price_section.ts";
import { count, line, seconds } from "./_config_values.ts";

const capability = (what: string) => z.boolean().exactOptional().describe(what);

/** A model's name at a provider; a list holds no patterns. */
function modelName(): z.ZodString {
  return line().refine(
    (name) => !name.includes("*"),
    "must not hold '*': write a route for patterns",
  );
}

/** By which of OpenAI's APIs models are asked. */
export const wireApi = z.enum(["auto", "chat", "responses"]);

/** How answers begin that have thought in them. */
export const thinkTags = z.enum(["tagged", "open"]);

const model = z.strictObject({
  name: modelName().describe("As the provider names it."),
  weight: z.number().min(0).max(1_000_000).default(1)
    .describe("Its share among models of one rank; 0 comes when others fail."),
  context_window: count(1, 1_000_000_000).optional()
    .describe("Most tokens of request and answer together."),
  max_output_tokens: count(1, 1_000_000_000).optional()
    .describe("Most tokens of an answer."),
  capabilities: z.strictObject({
    tools: capability("Whether it calls tools."),
    vision: capability("Whether it sees images."),
    json_schema: capability("Whether it keeps to a JSON Schema."),
    streaming: capability("Whether it answers piece by piece."),
    audio: capability("Whether it hears audio."),
    file: capability("Whether it reads files."),
  }).prefault({})
    .describe("What it can do; what is left out is unknown, and tried."),
  wire_api: wireApi.optional()
    .describe("By which API it is asked; its provider's wire_api by default."),
  think_tags: thinkTags.optional()
    .describe("As its provider's think_tags, for it alone."),
  system_messages: z.boolean().optional()
    .describe("As its provider's system_messages, for it alone."),
  prices: prices.optional().describe(
    "US dollars per million tokens; left out, the price table is asked.",
  ),
});

/** `providers[].models` */
export const models = z.array(z.union([modelName(), model]))
  .min(1).max(10_000);

/** `providers[].concurrency` */
export const concurrency = z.strictObject({
  max: count(1, 1_000_000).optional().describe(
    "Most requests at a time; 200 by default where adaptive is true.",
  ),
  adaptive: z.boolean().default(false)
    .describe("Whether the limit is found by itself, up to max."),
  max_queue: count(0, 100_000).default(16)
    .describe("Requests that may wait for their turn."),
  max_wait: seconds(60).default(1)
    .describe("Seconds that one waits at most."),
});
