/**
 * The errors that providers document, each as its service words it.
 *
 * @module
 */

/** An error answer, and what it means. */
export interface ProviderFault {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The status of a chat client's answer. @default {the provider's} */
  readonly told?: number;
  /** The code for a chat client, where there is one word for it. */
  readonly code?: string;
  /** Words of the provider's that the client is shown. */
  readonly says?: string;
  /** How long the client is told to wait, in seconds. */
  readonly wait?: string;
}

/** A provider, and how it fails. */
export interface FaultyProvider {
  /** The entry in the config, without its address. */
  readonly entry: string;
  readonly model: string;
  readonly faults: readonly ProviderFault[];
}

const LONG = "context_length_exceeded";

/** OpenAI's own form of an error. */
function openai(
  status: number,
  [message, type, code, param]: readonly (string | null)[],
  more: Omit<ProviderFault, "status" | "body"> = {},
): ProviderFault {
  const error = { message, type, param: param ?? null, code: code ?? null };
  return { status, body: { error }, ...more };
}

function anthropic(
  status: number,
  [type, message]: readonly [string, string],
  more: Omit<ProviderFault, "status" | "body"> = {},
): ProviderFault {
  const body = { type: "error", error: { type, message }, request_id: "req_0" };
  return { status, body, ...more };
}

function google(
  code: number,
  [status, message]: readonly [string, string],
  { details, ...more }:
    & Omit<ProviderFault, "status" | "body">
    & { readonly details?: readonly object[] } = {},
): ProviderFault {
  const error = { code, message, status, ...details && { details } };
  return { status: code, body: { error }, ...more };
}

function amazon(
  status: number,
  [type, message]: readonly [string, string],
  more: Omit<ProviderFault, "status" | "body"> = {},
): ProviderFault {
  const headers = { "x-amzn-errortype": `${type}:http://internal.amazon.com/` };
  return { status, body: { message }, headers, ...more };
}

/** What each provider says when it fails. */
export const FAULTY_PROVIDERS: readonly FaultyProvider[] = [
  {
    entry: "type: openai, api_key: sk-Vb6Nm5ZxQw",
    model: "gpt-5",
    faults: [
      openai(400, [
        "Invalid type for 'messages[0].content'",
        "invalid_request_error",
        "invalid_type",
        "messages[0].content",
      ], { code: "invalid_type", says: "Invalid type" }),
      openai(400, [
        "This model's maximum context length is 128000 tokens.",
        "invalid_request_error",
        LONG,
        "messages",
      ], { code: LONG, says: "maximum context length" }),
      openai(401, [
        "Incorrect API key provided: sk-Vb6Nm5ZxQw.",
        "invalid_request_error",
        "invalid_api_key",
      ]),
      openai(403, [
        "Country, region, or territory not supported",
        "request_forbidden",
        "unsupported_country_region_territory",
      ]),
      openai(404, [
        "The model `gpt-9` does not exist",
        "invalid_request_error",
        "model_not_found",
      ], { code: "model_not_found", says: "does not exist" }),
      openai(429, [
        "Rate limit reached for gpt-5",
        "requests",
        "rate_limit_exceeded",
      ], {
        headers: { "retry-after": "7", "retry-after-ms": "7000" },
        code: "rate_limit_exceeded",
        says: "Rate limit reached",
        wait: "7",
      }),
      openai(429, [
        "You exceeded your current quota",
        "insufficient_quota",
        "insufficient_quota",
      ], { code: "insufficient_quota" }),
      openai(500, ["The server had an error", "server_error", null], {
        told: 502,
      }),
      openai(503, ["The engine is overloaded", "server_error", null]),
      { status: 413, body: "<html>413 Request Entity Too Large</html>" },
      openai(422, ["Unprocessable", "invalid_request_error", null], {
        says: "Unprocessable",
      }),
      openai(408, ["Timed out", "server_error", null]),
    ],
  },
  {
    entry: "type: azure_openai, api_key: az-Vb6Nm5ZxQw",
    model: "gpt-5-mini",
    faults: [
      {
        status: 401,
        body: {
          error: {
            code: "401",
            message: "Access denied due to invalid subscription key",
          },
        },
      },
      {
        status: 404,
        body: {
          error: {
            code: "DeploymentNotFound",
            message: "The API deployment for this resource does not exist.",
          },
        },
        says: "does not exist",
      },
      {
        status: 429,
        body: {
          error: { code: "RateLimitReached", message: "Exceeded token rate" },
        },
        headers: { "retry-after": "9" },
        says: "Exceeded token rate",
        wait: "9",
      },
      {
        status: 400,
        body: {
          error: {
            message: "The response was filtered",
            type: null,
            param: "prompt",
            code: "content_filter",
            status: 400,
            innererror: { code: "ResponsibleAIPolicyViolation" },
          },
        },
        code: "content_filter",
        says: "filtered",
      },
      {
        status: 408,
        body: {
          error: { code: "Timeout", message: "The operation timed out" },
        },
      },
    ],
  },
  {
    entry: "type: anthropic, api_key: sk-ant-Vb6Nm5ZxQw",
    model: "claude-sonnet-4-5",
    faults: [
      anthropic(400, ["invalid_request_error", "messages: too odd"], {
        says: "too odd",
      }),
      anthropic(400, [
        "invalid_request_error",
        "prompt is too long: 250000 tokens > 200000 maximum",
      ], { code: LONG, says: "too long" }),
      anthropic(400, [
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API.",
      ], { code: "insufficient_quota" }),
      anthropic(401, ["authentication_error", "invalid x-api-key"]),
      anthropic(403, ["permission_error", "Your API key has no permission"]),
      anthropic(404, ["not_found_error", "model: claude-9"], {
        says: "claude-9",
      }),
      anthropic(413, ["request_too_large", "Request exceeds the maximum size"]),
      anthropic(429, ["rate_limit_error", "This request would exceed"], {
        headers: { "retry-after": "12" },
        says: "would exceed",
        wait: "12",
      }),
      anthropic(500, ["api_error", "Internal server error"], { told: 502 }),
      anthropic(504, ["timeout_error", "Timed out"]),
      anthropic(529, ["overloaded_error", "Overloaded"], { told: 503 }),
    ],
  },
  {
    entry: "type: gemini, api_key: AIzaVb6Nm5ZxQw",
    model: "gemini-2.5-pro",
    faults: [
      google(400, ["INVALID_ARGUMENT", "Invalid value at 'contents'"], {
        says: "Invalid value",
      }),
      google(400, ["INVALID_ARGUMENT", "API key not valid."], {
        told: 401,
        details: [{
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "API_KEY_INVALID",
          domain: "googleapis.com",
        }],
      }),
      google(400, [
        "INVALID_ARGUMENT",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
      ], { code: LONG }),
      google(400, [
        "FAILED_PRECONDITION",
        "User location is not supported for the API use.",
      ], { told: 403 }),
      google(403, ["PERMISSION_DENIED", "Permission denied"]),
      google(404, ["NOT_FOUND", "models/gemini-9 is not found"], {
        says: "gemini-9",
      }),
      google(429, ["RESOURCE_EXHAUSTED", "Quota exceeded"], {
        details: [{
          "@type": "type.googleapis.com/google.rpc.RetryInfo",
          retryDelay: "34.4s",
        }],
        says: "Quota exceeded",
        wait: "35",
      }),
      google(500, ["INTERNAL", "An internal error has occurred"], {
        told: 502,
      }),
      google(503, ["UNAVAILABLE", "The model is overloaded"]),
      google(504, ["DEADLINE_EXCEEDED", "Deadline expired"]),
      {
        status: 503,
        body: [{
          error: { code: 503, message: "Overloaded", status: "UNAVAILABLE" },
        }],
      },
    ],
  },
  {
    entry: "type: bedrock, api_key: bdr-Vb6Nm5ZxQw, aws: {region: eu-west-1}",
    model: "amazon.nova-lite-v1:0",
    faults: [
      amazon(400, ["ValidationException", "The model ID is invalid"], {
        says: "invalid",
      }),
      amazon(400, ["ValidationException", "Input is too long for the model"], {
        code: LONG,
      }),
      amazon(403, ["AccessDeniedException", "You don't have access"]),
      amazon(404, ["ResourceNotFoundException", "Could not resolve"], {
        says: "Could not resolve",
      }),
      amazon(408, ["ModelTimeoutException", "Timed out"], { told: 504 }),
      amazon(424, ["ModelErrorException", "The model failed"], { told: 502 }),
      amazon(429, ["ThrottlingException", "Too many requests"], {
        says: "Too many requests",
      }),
      amazon(429, ["ModelNotReadyException", "Not ready"], {
        says: "Not ready",
      }),
      amazon(500, ["InternalServerException", "Internal"], { told: 502 }),
      amazon(503, ["ServiceUnavailableException", "Unavailable"]),
    ],
  },
  {
    entry: "type: cohere, api_key: co-Vb6Nm5ZxQw",
    model: "command-a-03-2025",
    faults: [
      { status: 400, body: { message: "invalid request: bad" }, says: "bad" },
      {
        status: 400,
        body: { message: "too many tokens: size limit exceeded by 20 tokens" },
        code: LONG,
      },
      { status: 401, body: { message: "invalid api token" } },
      {
        status: 404,
        body: { id: "1", message: "model 'x' not found" },
        says: "not found",
      },
      { status: 422, body: { message: "unprocessable" }, says: "unproc" },
      {
        status: 429,
        body: { message: "You are using a Trial key" },
        headers: { "retry-after": "3" },
        wait: "3",
      },
      { status: 498, body: { message: "invalid token" }, told: 401 },
      { status: 500, body: { message: "internal server error" }, told: 502 },
      { status: 503, body: { message: "unavailable" } },
    ],
  },
  {
    entry: "type: ollama",
    model: "llama3",
    faults: [
      { status: 400, body: { error: "invalid options" }, says: "invalid" },
      {
        status: 404,
        body: { error: "model 'llama3' not found" },
        code: "model_not_found",
        says: "not found",
      },
      { status: 500, body: { error: "llama runner failed" }, told: 502 },
      { status: 503, body: { error: "server busy, please try again" } },
    ],
  },
  {
    entry: "type: mistral, api_key: mi-Vb6Nm5ZxQw",
    model: "mistral-large-latest",
    faults: [
      { status: 401, body: { detail: "Unauthorized" } },
      {
        status: 422,
        body: {
          detail: [{
            type: "extra_forbidden",
            loc: ["body", "user"],
            msg: "Extra inputs are not permitted",
          }],
        },
        says: "Extra inputs",
      },
      {
        status: 400,
        body: {
          object: "error",
          message: "Expected last role User or Tool",
          type: "invalid_request_message_order",
          param: null,
          code: "3230",
        },
        says: "Expected last role",
      },
      {
        status: 422,
        body: {
          object: "error",
          message: { detail: [{ msg: "Input should be valid" }] },
          type: "invalid_request_error",
        },
        says: "should be valid",
      },
      {
        status: 429,
        body: {
          object: "error",
          message: "Service tier capacity exceeded for this model.",
          type: "service_tier_capacity_exceeded",
          code: "3505",
        },
        says: "capacity",
      },
    ],
  },
  {
    entry: "type: groq, api_key: gsk-Vb6Nm5ZxQw",
    model: "openai/gpt-oss-120b",
    faults: [
      {
        status: 400,
        body: {
          error: {
            message: "Failed to call a function.",
            type: "invalid_request_error",
            code: "tool_use_failed",
            failed_generation: "<function=x>",
          },
        },
        code: "tool_use_failed",
        says: "Failed to call",
      },
      openai(413, [
        "Request too large for model on tokens per minute (TPM)",
        "tokens",
        "rate_limit_exceeded",
      ]),
      openai(498, ["Flex tier capacity exceeded", "capacity_exceeded", null], {
        told: 503,
        says: "Flex tier",
      }),
      openai(429, ["Rate limit reached", "tokens", "rate_limit_exceeded"], {
        headers: { "retry-after": "2" },
        wait: "2",
      }),
      openai(503, ["Service Unavailable", "internal_server_error", null]),
    ],
  },
  {
    entry: "type: xai, api_key: xai-Vb6Nm5ZxQw",
    model: "grok-4",
    faults: [
      {
        status: 400,
        body: {
          code: "Client specified an invalid argument",
          error: "Incorrect API key provided: xa***Qw. You can obtain one",
        },
        told: 401,
      },
      {
        status: 404,
        body: {
          code: "Some requested entity was not found",
          error: "The model grok-9 does not exist or your team has no access",
        },
        says: "grok-9",
      },
      {
        status: 400,
        body: {
          code: "invalid-argument",
          error:
            "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
        },
        code: LONG,
      },
      {
        status: 429,
        body: { code: "resource-exhausted", error: "Too many requests" },
        says: "Too many",
      },
    ],
  },
  {
    entry: "type: deepseek, api_key: ds-Vb6Nm5ZxQw",
    model: "deepseek-chat",
    faults: [
      openai(402, [
        "Insufficient Balance",
        "unknown_error",
        "invalid_request_error",
      ], {
        code: "insufficient_quota",
      }),
      openai(401, ["Authentication Fails", "authentication_error", "x"]),
      openai(503, ["Server overloaded", "server_error", null]),
    ],
  },
  {
    entry: "type: openrouter, api_key: or-Vb6Nm5ZxQw",
    model: "anthropic/claude-sonnet-4",
    faults: [
      {
        status: 400,
        body: {
          error: { message: "grok-9 is not a valid model ID", code: 400 },
        },
        says: "not a valid model",
      },
      {
        status: 402,
        body: { error: { message: "Insufficient credits", code: 402 } },
        code: "insufficient_quota",
      },
      {
        status: 403,
        body: {
          error: {
            message: "Input was flagged",
            code: 403,
            metadata: { reasons: ["violence"], flagged_input: "x" },
          },
        },
      },
      {
        status: 408,
        body: { error: { message: "Timed out", code: 408 } },
      },
      {
        status: 429,
        body: {
          error: {
            message: "Provider returned error",
            code: 429,
            metadata: { raw: "temporarily rate-limited", provider_name: "X" },
          },
        },
        says: "Provider returned error",
      },
      {
        status: 502,
        body: { error: { message: "Provider returned error", code: 502 } },
      },
      {
        status: 200,
        body: { error: { message: "Provider overloaded", code: 503 } },
        told: 503,
      },
    ],
  },
  {
    entry: "type: zai, api_key: z-Vb6Nm5ZxQw",
    model: "glm-4.7",
    faults: [
      {
        status: 429,
        body: { error: { code: "1302", message: "Concurrency too high" } },
        says: "Concurrency",
      },
      {
        status: 400,
        body: { error: { code: "1211", message: "Unknown Model" } },
        says: "Unknown Model",
      },
      { status: 401, body: { error: { code: "1000", message: "Failed" } } },
    ],
  },
  {
    entry: "type: openai_compatible",
    model: "m",
    faults: [
      // llama.cpp
      {
        status: 503,
        body: {
          error: {
            code: 503,
            message: "Loading model",
            type: "unavailable_error",
          },
        },
      },
      {
        status: 400,
        body: {
          error: {
            code: 400,
            message:
              "the request exceeds the available context size, try increasing it",
            type: "exceed_context_size_error",
            n_prompt_tokens: 9000,
            n_ctx: 4096,
          },
        },
        code: LONG,
      },
      // Cerebras
      {
        status: 401,
        body: {
          message: "Wrong API Key",
          type: "invalid_request_error",
          param: "api_key",
          code: "wrong_api_key",
        },
      },
      {
        status: 422,
        body: { message: "Not that", type: "invalid_request_error" },
        says: "Not that",
      },
      // Hugging Face
      {
        status: 400,
        body: { error: "Model not supported" },
        says: "supported",
      },
      {
        status: 404,
        body: { error: { message: "Not Found", http_status_code: 404 } },
        says: "Not Found",
      },
      // vLLM
      {
        status: 400,
        body: {
          object: "error",
          message:
            "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
          type: "BadRequestError",
          param: null,
          code: 400,
        },
        code: LONG,
      },
      // Vercel
      {
        status: 403,
        body: {
          error: { message: "Not allowed", type: "forbidden", param: null },
        },
      },
      { status: 500, body: "upstream connect error", told: 502 },
      { status: 504, body: "<html>504 Gateway Time-out</html>" },
    ],
  },
];
