import * as z from "@zod/zod";
import {
  concurrency,
  models,
  thinkTags,
  wireApi,
} from "./_config_model_section.ts";
import { aws, entra, google } from "./_config_cloud_section.ts";
import { PROVIDER_TYPES } from "./_config_provider_types.ts";
import { isLimits } from "./_config_texts.ts";
import {
  address,
  count,
  headers,
  limits,
  line,
  proxyAddress,
  seconds,
  secret,
  variable,
} from "./_config_values.ts";

const amount = (what: string) =>
  z.number().positive().max(1e15).optional().describe(what);

const rateLimit = z.union([
  ...limits().options,
  z.strictObject({
    requests_per_second: amount("Requests in a second."),
    requests_per_minute: amount("Requests in a minute."),
    requests_per_hour: amount("Requests in an hour."),
    requests_per_day: amount("Requests in a day."),
    tokens_per_second: amount("Tokens in a second, both ways."),
    tokens_per_minute: amount("Tokens in a minute, both ways."),
    tokens_per_hour: amount("Tokens in an hour, both ways."),
    tokens_per_day: amount("Tokens in a day, both ways."),
    concurrent: count(1, 1_000_000_000).optional()
      .describe("Requests at once."),
  }).refine(isLimits, {
    error: "must hold a limit, and no window longer than 31 days",
    // A misspelt name is told by itself.
    when: ({ issues }) => issues.length === 0,
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
  api_keys: z.array(secret(1)).min(1).max(100).optional()
    .describe("Several keys instead of one: requests are spread over them."),
  base_url: address().optional()
    .describe("Where the API is, version included; by default the type's own."),
  models: models.optional().describe(
    "The models to offer, names or maps; left out, the provider is asked.",
  ),
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
    .describe(
      "Further attempts at the same deployment, where no other is left.",
    ),
  retry_delay: z.number().min(0).max(60).default(0.5)
    .describe("Seconds that the first of them waits at most; it doubles."),
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
      "The limit of your account: '600/minute', a list of such, or a map.",
    ),
  cost: z.enum(["prices", "reported"]).optional().describe(
    "What an answer costs: by prices, or as the provider reports where it does; reported for openrouter.",
  ),
  concurrency: concurrency.optional()
    .describe("How many requests each model takes at a time, for each key."),
  proxy: proxyAddress().optional()
    .describe(
      "The proxy on the way there, http://user:password@host:port; by default what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say.",
    ),
  allow_private_addresses: z.boolean().optional().describe(
    "Whether its address may lead to private networks and this machine; left out, an address leads where it says and a name to private networks at most.",
  ),
  ca_file: line(4096).optional().describe(
    "A PEM file with the authorities to trust in place of the usual ones.",
  ),
  client_cert_file: line(4096).optional()
    .describe("A PEM file with the certificate to show; needs its key."),
  client_key_file: line(4096).optional()
    .describe("A PEM file with the key of client_cert_file."),
  api_version: z.string().regex(
    /^\d{4}-\d{2}-\d{2}(?:-preview)?$/,
    "must be a date such as 2024-10-21, with '-preview' behind it where it is one",
  ).optional().describe(
    "Azure's dated API: models are deployments below base_url, which ends with /openai.",
  ),
  aws: aws.optional(),
  google: google.optional(),
  entra: entra.optional(),
  cache_points: z.boolean().optional().describe(
    "Whether breakpoints of the prompt cache are set in requests that have none; for anthropic, bedrock and Claude on vertex.",
  ),
  wire_api: wireApi.optional().describe(
    "By which of OpenAI's APIs models are asked: chat, responses, or auto, which takes Responses for its own clients and where a model answers by it alone; auto by default for openai and azure_openai, else chat.",
  ),
  think_tags: thinkTags.optional().describe(
    "Takes thought out of answers: tagged for <think>…</think> at their beginning, open where the model's template has written the first tag.",
  ),
  system_messages: z.boolean().optional().describe(
    "Whether its models take system messages; where not, their text begins the user's.",
  ),
  stream_end: z.enum(["done", "finish"]).optional().describe(
    "What ends a stream: done for [DONE], finish where only a finish reason comes.",
  ),
}).describe("One provider.");

/** `providers` */
export const providers = z.array(provider).max(1000).default([])
  .describe("The providers that requests may go to.");
