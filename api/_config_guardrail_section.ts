import * as z from "@zod/zod";
import { address, count, line, seconds, secret } from "./_config_values.ts";

/** The personal data that can be masked. */
export const PII_KINDS = [
  "email",
  "phone",
  "card",
  "iban",
  "ip",
  "key",
] as const;

const MAX_CHARS = 100_000_000;
// The log lists outcomes by name: a name holds nothing that stands between two.
const name = line(64).regex(
  /^[\w.-]+$/,
  "must be made of letters, digits, '_', '-' and '.'",
).describe("What routes, refusals, logs and metrics call it.");
const side = (by: "both" | "input") =>
  z.enum(["input", "output", "both"]).default(by)
    .describe("What it looks at: requests, answers, or both.");
const midStream = z.enum(["error", "content_filter"]).default("error").describe(
  "What a stream ends in that has begun: an error, or the finish of a content filter.",
);
const most = (what: string) => count(1, MAX_CHARS).optional().describe(what);

const guardrail = z.discriminatedUnion("type", [
  z.strictObject({
    name,
    type: z.literal("deny"),
    on: side("both"),
    mid_stream: midStream,
    phrases: z.array(line(200)).min(1).max(10_000).describe(
      "Words and phrases that are refused, whatever their case, accents and white space.",
    ),
    whole_words: z.boolean().default(true)
      .describe("Whether they must not be a part of a longer word."),
  }),
  z.strictObject({
    name,
    type: z.literal("patterns"),
    on: side("both"),
    mid_stream: midStream,
    patterns: z.array(z.string().min(1).max(1_000)).min(1).max(100)
      .describe("What is refused, in RE2's syntax: no pattern is slow."),
    // A longer window delays the first words.
    window: count(8, 4_096).default(128).describe(
      "The longest match that is surely found in an answer, in characters: so many are held back.",
    ),
  }),
  z.strictObject({
    name,
    type: z.literal("pii"),
    kinds: z.array(z.enum(PII_KINDS)).min(1).max(PII_KINDS.length)
      .default([...PII_KINDS]).describe("What providers are not told."),
  }),
  z.strictObject({
    name,
    type: z.literal("json_schema"),
    schema: z.record(z.string().max(200), z.unknown())
      .describe("What answers must fit: JSON Schema, draft 2020-12."),
    repair: z.boolean().default(true).describe(
      "Whether the model is asked once more, and told what is wrong.",
    ),
  }),
  z.strictObject({
    name,
    type: z.literal("max"),
    mid_stream: midStream,
    input_chars: most("Characters of a request's texts."),
    input_tokens: most("Tokens of a request, as estimated."),
    output_chars: most("Characters of an answer."),
    output_tokens: most("Tokens of an answer, as estimated."),
  }),
  z.strictObject({
    name,
    type: z.literal("webhook"),
    on: side("input"),
    url: address().describe("Where texts are posted, as JSON."),
    secret: secret(16).describe(
      "Signs them: HMAC-SHA256 of time and body, in x-llm-proxy-signature.",
    ),
    timeout: seconds(60).default(2)
      .describe("Seconds that its answer may take."),
    fail: z.enum(["open", "closed"]).default("closed").describe(
      "What happens when it does not answer: open lets everything pass.",
    ),
  }),
]);

/** `guardrails` */
export const guardrails = z.array(guardrail).max(100).default([]).describe(
  "Rules for what goes to models and what comes from them.",
);

/** Names of guardrails. */
export function guardrailNames(): z.ZodArray<z.ZodString> {
  return z.array(line(64)).max(100);
}

/** `default_guardrails` */
export const defaultGuardrails = guardrailNames().default([]).describe(
  "The guardrails of all routes that name none, in this order.",
);
