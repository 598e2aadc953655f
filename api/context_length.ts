import { GatewayError } from "@llm-proxy/core";

/** What a provider tells of a request that was too long. */
export interface ToldLength {
  /** The most tokens of its model. */
  readonly limit?: number;
  /** What it has counted. */
  readonly actual?: number;
}

/** How providers tell the limit, and the count, in their messages. */
const LIMITS = [
  /maximum context length (?:is|of) ([\d,]+)/i,
  /> ([\d,]+) maximum/i,
  /maximum number of tokens allowed \(?([\d,]+)/i,
  /context (?:window|size|length)[^\d]{0,40}([\d,]{4,})/i,
];
const ACTUALS = [
  /\(([\d,]+) in the messages/i,
  /messages resulted in ([\d,]+)/i,
  /prompt is too long: ([\d,]+)/i,
  /input token count \(?([\d,]+)/i,
];
const CODE = "context_length_exceeded";

/**
 * Whether a request failed for its length, by the class of the error or by a
 * text of the config's.
 */
export function isTooLong(
  error: unknown,
  patterns: readonly string[],
): error is GatewayError {
  if (!(error instanceof GatewayError)) return false;
  if (error.code === CODE) return true;
  // A provider's fault of another class says nothing of the request.
  if (error.kind !== "invalid_request" && error.kind !== "too_large") {
    return false;
  }
  const said = error.message.toLowerCase();
  return patterns.some((pattern) => said.includes(pattern.toLowerCase()));
}

/** Reads the numbers of a provider's message. */
export function toldLength(message: string): ToldLength {
  const limit = numberIn(message, LIMITS);
  const actual = numberIn(message, ACTUALS);
  return {
    ...(limit !== undefined && { limit }),
    ...(actual !== undefined && { actual }),
  };
}

function numberIn(
  message: string,
  patterns: readonly RegExp[],
): number | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(message.slice(0, 2_000))?.[1];
    const value = Number(found?.replaceAll(",", ""));
    if (Number.isSafeInteger(value) && value > 0) return value;
  }
  return undefined;
}
