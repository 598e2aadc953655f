import * as z from "@zod/zod";
import { PROVIDER_TYPES } from "./_config_provider_types.ts";
import {
  address,
  count,
  headers,
  limit,
  line,
  seconds,
  secret,
  variable,
} from "./_config_values.ts";

const rateLimit = z.union([
  limit(),
  z.strictObject({
    requests_per_minute: count(1, 1_000_000_000).optional()
      .describe("Requests in a minute."),
    tokens_per_minute: count(1, 1_000_000_000_000).optional()
      .describe("Tokens in a minute, both ways."),
  }),
]);

const provider = z.strictObject({
  name: z.string().max(64).regex(
    /^[a-z0-9][a-z0-9_.-]*$/,
    "must be lower-case letters, digits, '_', '.' and '-', and start with a letter or digit",
  ).optional()
    .describe(
      "The first half of a provider/model address; the type by default.",
    ),
  type: z.enum(PROVIDER_TYPES)
    .describe("Decides dialect, address and how the key is sent."),
  api_key_env: variable().optional()
    .describe("The environment variable that holds the key."),
  api_key: secret(1).optional()
    .describe("The key itself: ${A_VARIABLE}, or api_key_env instead of it."),
  base_url: address().optional()
    .describe("Where the API is, version included; by default the type's own."),
  models: z.array(line()).min(1).max(10_000).optional()
    .describe("The models to offer; left out, the provider is asked."),
  enabled: z.boolean().default(true)
    .describe("Whether this provider takes part at all."),
  forced: z.boolean().default(false)
    .describe(
      "Whether every bare model name goes here; at most one provider may.",
    ),
  priority: count(0, 1_000_000).default(100)
    .describe("The provider with the lowest number is tried first."),
  timeout: seconds(86_400).optional()
    .describe(
      "Seconds for a whole attempt; http_client.total_timeout by default.",
    ),
  // Providers ask for no more, and each try may be paid for.
  max_retries: count(0, 10).default(2)
    .describe("Further attempts after a failure that may pass."),
  retry_delay: z.number().min(0).max(60).default(0.5)
    .describe("Seconds before the first retry; it doubles from there."),
  max_connections: count(1, 65_535).optional()
    .describe("Open connections; http_client.max_connections by default."),
  max_keepalive_connections: count(0, 65_535).optional()
    .describe("Idle connections kept; as in http_client by default."),
  keepalive_expiry: seconds(3600).optional()
    .describe(
      "Seconds an idle connection is kept; as in http_client by default.",
    ),
  custom_headers: headers().default({})
    .describe("Headers added to every request."),
  rate_limit: rateLimit.optional()
    .describe(
      "The limit of your account: '600/minute', or requests and tokens.",
    ),
  stream_end: z.enum(["done", "finish"]).optional().describe(
    "What ends a stream: done for [DONE], finish where only a finish reason comes.",
  ),
}).describe("One provider.");

/** `providers` */
export const providers = z.array(provider).max(1000).default([])
  .describe("The providers that requests may go to.");
