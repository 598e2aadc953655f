import { GatewayError } from "../../errors.ts";
import { encodeChatError } from "../openai_chat/encode_error.ts";
import type { ResponseFault } from "./_response_head.ts";

/** The names that the fields of a chat request have here. */
const FIELDS: readonly (readonly [chat: RegExp, here: string])[] = [
  [/^messages\b.*/, "input"],
  [/^response_format\.json_schema\b/, "text.format"],
  [/^response_format\b/, "text.format"],
  [/^(?:reasoning_effort|thinking)\b.*/, "reasoning.effort"],
  [/^max_(?:completion_)?tokens$/, "max_output_tokens"],
  [/^(tools\[\d+\]|tool_choice)\.function\b/, "$1"],
];

/** Writes the body of an error answer in OpenAI's shape (K1, K18). */
export function encodeResponsesError(
  error: GatewayError,
  requestId: string,
): string {
  return encodeChatError(withOwnParam(error), requestId);
}

/**
 * Writes an `error` event (B11, L4). It says everything twice: flat, as the
 * documentation has it, and under `error`, as the service sends it and some
 * clients read it.
 */
export function encodeErrorEvent(
  error: GatewayError,
  { requestId, sequence }: {
    readonly requestId: string;
    readonly sequence: number;
  },
): string {
  const told = withOwnParam(error);
  const { code, message, param = null } = told;
  const event = JSON.stringify({
    type: "error",
    code,
    message,
    param,
    sequence_number: sequence,
  });
  const nested = encodeChatError(told, requestId).slice(1);
  return `event: error\ndata: ${event.slice(0, -1)},${nested}\n\n`;
}

/** What ends a stream that has failed where nothing is known of it: an `error` event without its number. */
export function encodeResponsesStreamError(
  error: GatewayError,
  requestId: string,
): string {
  return encodeErrorEvent(error, { requestId, sequence: 0 });
}

/** A failure as `response.error` tells it: in the words that clients act upon. */
export function responseFault(
  { kind, code, message }: GatewayError,
): ResponseFault {
  switch (kind) {
    case "rate_limit":
      return {
        code: code === "insufficient_quota" ? code : "rate_limit_exceeded",
        message,
      };
    case "invalid_request":
    case "not_found":
      return { code, message };
    default:
      return { code: "server_error", message };
  }
}

/** The error with its field named as this dialect names it: encoders of providers use chat's names. */
function withOwnParam(error: GatewayError): GatewayError {
  const { param } = error;
  const field = param === undefined
    ? undefined
    : FIELDS.find(([chat]) => chat.test(param));
  if (param === undefined || !field) return error;
  const { kind, code, status, message, details } = error;
  return new GatewayError(kind, message, {
    code,
    status,
    details,
    param: param.replace(...field),
  });
}
