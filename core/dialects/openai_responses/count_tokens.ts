import type { CountClient } from "../../count_dialect.ts";
import { GatewayError } from "../../errors.ts";
import { decodeResponsesRequest } from "./decode_request.ts";
import { checkResponsesRequest } from "./pass_request.ts";

/**
 * How clients that speak Responses have tokens counted:
 * `POST /v1/responses/input_tokens`.
 *
 * @example The answer
 * ```ts
 * import { responsesCountClient } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   responsesCountClient.encode(3),
 *   '{"object":"response.input_tokens","input_tokens":3}',
 * );
 * ```
 */
export const responsesCountClient: CountClient = {
  name: "openai_responses",
  check: checkResponsesRequest,
  request: ({ value }) => value,
  decode: (document) => decodeResponsesRequest(document, {}),
  encode: (inputTokens) =>
    `{"object":"response.input_tokens","input_tokens":${inputTokens}}`,
  pass(_document, { provider }): never {
    // No dialect in which providers count is this one.
    throw new GatewayError("internal", `Cannot count at '${provider}'`, {
      code: "internal_error",
    });
  },
};
