import { StateError } from "@llm-proxy/context";
import { GatewayError } from "@llm-proxy/core";

/**
 * Does what needs the state. What that can't do is no fault of the caller's,
 * nor of the program.
 *
 * @throws {GatewayError} 503 `state_unavailable`.
 */
export async function askState<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    throw new GatewayError("overloaded", "The state cannot be reached now", {
      code: "state_unavailable",
      headers: { "retry-after": "1" },
      cause: error,
    });
  }
}
