import { parseJsonText } from "../../parse_json_text.ts";
import { type ErrorKind, UpstreamError } from "../../errors.ts";
import { carriedHeaders } from "../_carried_headers.ts";
import { type ErrorBody, readErrorBody } from "./_decode_error_body.ts";
import { classifyError } from "./_decode_error_class.ts";

type Headers = Readonly<Record<string, string>>;

/** What a status means: class, status for the client (as is if absent), code. */
interface Meaning {
  readonly kind: ErrorKind;
  readonly status?: number;
  readonly code: string;
}

/** How much of an error's body is read, in bytes. */
const MAX_BODY = 262_144;

/** Statuses with a class of their own; other 4xx are the request's fault and keep theirs (K2). */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [402, { kind: "permission", code: "insufficient_quota" }],
  [404, { kind: "not_found", code: "not_found" }],
  [408, { kind: "timeout", code: "upstream_timeout" }],
  // Both mean "not now": they may go well at the next try.
  [409, { kind: "overloaded", code: "upstream_conflict" }],
  [425, { kind: "overloaded", code: "upstream_too_early" }],
  [413, { kind: "too_large", code: "request_too_large" }],
  [429, { kind: "rate_limit", code: "rate_limit_exceeded" }],
  [498, { kind: "overloaded", status: 503, code: "upstream_overloaded" }],
  [503, { kind: "overloaded", status: 503, code: "upstream_overloaded" }],
  [504, { kind: "timeout", code: "upstream_timeout" }],
  [529, { kind: "overloaded", status: 503, code: "upstream_overloaded" }],
]);

/** Statuses of the words that stand for one, for errors that come without (J2). */
const STATUS_OF_WORD: ReadonlyMap<string, number> = new Map([
  ["invalid_request_error", 400],
  ["authentication_error", 401],
  ["invalid_api_key", 401],
  ["permission_error", 403],
  ["not_found_error", 404],
  ["model_not_found", 404],
  ["insufficient_quota", 429],
  ["rate_limit_error", 429],
  ["rate_limit_exceeded", 429],
  ["overloaded_error", 503],
]);

/**
 * Reads an error answer of an OpenAI-compatible provider, whatever its body
 * (K1): JSON in any shape, HTML, nothing, or half of something.
 *
 * The class of the status survives: 4xx keep theirs, 503 and 529 become 503,
 * other 5xx become 502. Refused credentials are told in the gateway's words
 * (K3). Statuses below 400 become 502 (K19).
 */
// deno-lint-ignore house/max-required-params -- the shape that ProviderDialect gives it
export function decodeChatError(
  status: number,
  headers: Headers,
  body: Uint8Array,
): UpstreamError {
  const value = parseBody(body);
  const found = readErrorBody(value);
  if (status >= 400) {
    return toError(status, found, carriedHeaders(headers, value));
  }
  if (status >= 200 && status < 300 && found.message !== undefined) {
    return decodeChatErrorObject(value);
  }
  const what = status >= 300 && status < 400 ? "a redirect" : "no valid answer";
  return new UpstreamError(
    "upstream",
    `The provider sent ${what} (status ${status})`,
    { code: "upstream_invalid_response" },
  );
}

/**
 * Reads an error that came with status 200 or within a stream (J2, J10): the
 * payload, or the object or text under its `error`. A numeric code is the HTTP
 * status; else `status` counts, else the words tell it, else it is 502.
 */
export function decodeChatErrorObject(
  value: unknown,
  status?: number,
): UpstreamError {
  const body = readErrorBody(value);
  const told = body.status ?? status ?? STATUS_OF_WORD.get(body.code ?? "") ??
    STATUS_OF_WORD.get(body.type ?? "") ?? 502;
  return toError(told < 400 ? 502 : told, body, carriedHeaders({}, value));
}

function parseBody(body: Uint8Array): unknown {
  if (body.byteLength > MAX_BODY) return undefined;
  try {
    return parseJsonText(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

function toError(
  status: number,
  body: ErrorBody,
  headers: Headers,
): UpstreamError {
  const special = classifyError(status, body);
  if (status === 401 || special === "bad_key") {
    // The provider's text may repeat the key.
    return new UpstreamError(
      "authentication",
      "The provider rejected the gateway's credentials",
      { code: "upstream_authentication_failed", headers },
    );
  }
  if (status === 403 && special === undefined) {
    return new UpstreamError(
      "permission",
      "The provider denied access to the gateway's credentials",
      { code: "upstream_permission_denied", headers },
    );
  }
  const meaning = meaningOf(status, special, body);
  const param = body.param ??
    (special === "context_overflow" ? "messages" : undefined);
  return new UpstreamError(
    meaning.kind,
    body.message ?? `The provider answered with status ${status}`,
    {
      code: meaning.code,
      status: meaning.status ?? status,
      ...(param !== undefined && { param }),
      headers,
      details: body.details,
    },
  );
}

function meaningOf(
  status: number,
  special: ReturnType<typeof classifyError>,
  body: ErrorBody,
): Meaning {
  switch (special) {
    case "context_overflow":
      return {
        kind: "invalid_request",
        status: 400,
        code: "context_length_exceeded",
      };
    case "no_quota":
      return {
        kind: status === 429 ? "rate_limit" : "permission",
        code: "insufficient_quota",
      };
    case "overloaded":
      return {
        kind: "overloaded",
        status: 503,
        code: body.code ?? "upstream_overloaded",
      };
    case "flagged":
      return {
        kind: "invalid_request",
        code: body.code ?? "content_policy_violation",
      };
  }
  if (status === 404 && isModelMissing(body)) {
    return { kind: "not_found", code: "model_not_found" };
  }
  const meaning = MEANINGS.get(status) ??
    (status >= 500
      ? { kind: "upstream" as const, status: 502, code: "upstream_error" }
      : { kind: "invalid_request" as const, code: "invalid_request" });
  return { ...meaning, code: body.code ?? meaning.code };
}

/** Whether a 404 is about the model rather than the address (K16). */
function isModelMissing({ code, message = "" }: ErrorBody): boolean {
  return code === "model_not_found" ||
    /\bmodel\b|no endpoints found/i.test(message);
}
