import { UpstreamError } from "../../errors.ts";

/** An answer that is no valid, whole message (U7, U11, M13). `problem` ends the sentence. */
export function invalidAnswer(problem: string, cause?: unknown): UpstreamError {
  return new UpstreamError("upstream", `The provider's answer ${problem}`, {
    code: "upstream_invalid_response",
    ...(cause !== undefined && { cause }),
  });
}
