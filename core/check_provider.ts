import { collectErrorBody } from "./attempt.ts";
import { AttemptClock } from "./attempt_clock.ts";
import { GatewayError } from "./errors.ts";
import { classifyFailure } from "./failure_class.ts";
import type { Provider } from "./provider.ts";
import type { ProviderFailure } from "./provider_health.ts";

/** How a provider is checked. */
export interface CheckProviderOptions {
  /** Ends the check at once. */
  readonly signal: AbortSignal;
  /**
   * How long it may take in all, in milliseconds; within that the provider's
   * own limits hold.
   *
   * @default {10_000}
   */
  readonly timeout?: number;
}

/**
 * Asks a provider for its list of models, which costs nothing, to see whether
 * it answers and takes our credentials. An answer that there is no such list is
 * a good one: it comes from a provider that works.
 *
 * @returns What is wrong, or `undefined` where nothing is. A check that was
 * ended, or that the gateway's own bounds stopped, has the class `caller` or
 * `gateway`, as {@linkcode classifyFailure} tells.
 *
 * @example The mock is always well
 * ```ts
 * import { checkProvider, ProviderFactory } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const mock = factory.create({ name: "mock", type: "mock" });
 * const { signal } = new AbortController();
 * assertEquals(await checkProvider(mock, { signal }), undefined);
 * factory.close();
 * ```
 */
export async function checkProvider(
  provider: Provider,
  { signal, timeout = 10_000 }: CheckProviderOptions,
): Promise<ProviderFailure | undefined> {
  const { baseUrl, dialect, headers, limits, transport } = provider;
  const clock = new AttemptClock({ ...limits, total: timeout }, signal);
  try {
    const response = await transport.send({
      method: "GET",
      url: `${baseUrl}/models${dialect === "anthropic" ? "?limit=1" : ""}`,
      headers: { accept: "application/json", ...headers },
    }, {
      signal: clock.signal,
      clock,
      onConnected: () => clock.enter("headers"),
    });
    // Read, as far as it is short, so that its connection can be used again.
    await collectErrorBody(response.body, { maxWait: timeout });
    return judge(response.status);
  } catch (error) {
    return {
      failureClass: classifyFailure(error, { callerLeft: signal.aborted }),
      code: error instanceof GatewayError ? error.code : "check_failed",
    };
  } finally {
    clock.stop();
  }
}

/** What a status tells of a provider that was asked for its models. */
function judge(status: number): ProviderFailure | undefined {
  const code = `upstream_status_${status}`;
  if (status === 401 || status === 402 || status === 403) {
    return { failureClass: "credential", code };
  }
  if (status === 429) return { failureClass: "throttled", code };
  // A redirect or an informational answer is none of a provider's.
  const isAnswer = status >= 200 && status < 300 ||
    status >= 400 && status < 500;
  return isAnswer ? undefined : { failureClass: "fault", code };
}
