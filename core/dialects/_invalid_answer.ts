import { parseJsonText } from "../parse_json_text.ts";
import { jsonErrorCause } from "../_json_error.ts";
import { UpstreamError } from "../errors.ts";

/** An answer that breaks its own dialect (U7, U11, M13). `problem` ends the sentence. */
export function invalidAnswer(problem: string, cause?: Error): UpstreamError {
  return new UpstreamError("upstream", `The provider's answer ${problem}`, {
    code: "upstream_invalid_response",
    ...(cause !== undefined && { cause }),
  });
}

/** A stream without its proper end (A3, L4, U6). */
export function cutStream(): UpstreamError {
  return new UpstreamError(
    "upstream",
    "The provider's stream ended before the answer was complete",
    { code: "upstream_stream_truncated" },
  );
}

/** Parses what a provider sent. `problem` ends the sentence where that is no JSON. */
export function parseAnswer(text: string, problem: string): unknown {
  try {
    return parseJsonText(text);
  } catch (error) {
    throw invalidAnswer(problem, jsonErrorCause(error));
  }
}
