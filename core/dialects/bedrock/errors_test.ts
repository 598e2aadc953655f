import { assertEquals } from "@std/assert";
import { decodeErrorAnswer } from "./errors.ts";

function decode(
  status: number,
  type: string | undefined,
  message: string,
  more: Readonly<Record<string, string>> = {},
) {
  return decodeErrorAnswer({
    status,
    headers: { ...(type && { "x-amzn-errortype": type }), ...more },
    body: new TextEncoder().encode(JSON.stringify({ message })),
  });
}

Deno.test("E21: errors are told by the header's name for them", () => {
  const classes = [
    [429, "ThrottlingException", "rate_limit", 429],
    [
      400,
      "ValidationException:http://internal.amazon.com/",
      "invalid_request",
      400,
    ],
    [403, "AccessDeniedException", "permission", 403],
    [404, "ResourceNotFoundException", "not_found", 404],
    [408, "ModelTimeoutException", "timeout", 504],
    [424, "ModelStreamErrorException", "upstream", 502],
    [424, "ModelErrorException", "upstream", 502],
    [500, "InternalServerException", "upstream", 502],
    [503, "ServiceUnavailableException", "overloaded", 503],
    [429, "ModelNotReadyException", "rate_limit", 429],
    [400, "ServiceQuotaExceededException", "rate_limit", 429],
    [429, undefined, "rate_limit", 429],
    [500, undefined, "upstream", 502],
  ] as const;
  for (const [status, type, kind, told] of classes) {
    const error = decode(status, type, "Words");
    assertEquals([error.kind, error.status], [kind, told], type);
  }
});

Deno.test("E22, K15: a prompt that is too long is told as OpenAI tells it, in any wording", () => {
  for (
    const words of [
      "Input Tokens Exceeded: Number of input tokens exceeds maximum length.",
      "Input is too long for requested model.",
      "The model returned the following errors: prompt is too long: 9 tokens > 8 maximum",
    ]
  ) {
    const error = decode(400, "ValidationException", words);
    assertEquals([error.code, error.status], ["context_length_exceeded", 400]);
  }
});

Deno.test("E14: a refusal of the request passes with its words", () => {
  const error = decode(
    400,
    "ValidationException",
    "Malformed input request: extraneous key [toolResult] is not permitted",
  );
  assertEquals([error.kind, error.status], ["invalid_request", 400]);
  assertEquals(error.message.includes("toolResult"), true);
});

Deno.test("K16: a model that is not there is told as such", () => {
  const words = "The provided model identifier is invalid.";
  const error = decode(400, "ValidationException", words);
  assertEquals([error.code, error.param], ["model_not_found", "model"]);
});

Deno.test("E24, K3: credentials that ran out and clocks that are off are a matter of the key", () => {
  for (
    const [type, words] of [
      [
        "ExpiredTokenException",
        "The security token included in the request is expired",
      ],
      ["InvalidSignatureException", "Signature not yet current"],
      ["UnrecognizedClientException", "The security token is invalid."],
      [
        "AccessDeniedException",
        "The security token included in the request is invalid",
      ],
    ] as const
  ) {
    const error = decode(403, type, words);
    assertEquals(error.kind, "authentication", type);
    assertEquals(error.message.includes("token"), false);
  }
});

Deno.test("K5: the time to wait goes with the error", () => {
  const error = decode(429, "ThrottlingException", "Wait", {
    "retry-after": "7",
  });
  assertEquals(error.headers, { "retry-after": "7" });
});

Deno.test("X11: an error never shows a key", () => {
  const error = decode(
    400,
    "ValidationException",
    "Bad key AKIAIOSFODNN7EXAMPLE",
  );
  assertEquals(error.message, "Bad key AKIA…");
});

Deno.test("E3, K19: a body that came where a stream should is no success", () => {
  const error = decodeErrorAnswer({
    status: 200,
    headers: {},
    body: new TextEncoder().encode(
      `{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}`,
    ),
  });
  assertEquals([error.status, error.code], [502, "upstream_invalid_response"]);
});
