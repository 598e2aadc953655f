import { DIALECTS } from "./_dialect_table.ts";
import { modelsUrl } from "./_models_url.ts";
import { collectErrorBody } from "./attempt.ts";
import { AttemptClock } from "./attempt_clock.ts";
import { GatewayError } from "./errors.ts";
import { classifyFailure } from "./failure_class.ts";
import type { DialectName, Provider } from "./provider.ts";
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
  const { dialect, headers, limits, transport } = provider;
  const query = SHORT_LIST[dialect];
  const clock = new AttemptClock({ ...limits, total: timeout }, signal);
  try {
    const response = await transport.send({
      method: "GET",
      url: modelsUrl(provider, query ?? {}),
      headers: { accept: "application/json", ...headers },
    }, {
      signal: clock.signal,
      clock,
    });
    // Read, as far as it is short, so that its connection can be used again.
    const body = await collectErrorBody(response.body, { maxWait: timeout });
    const { status } = response;
    if (query === undefined && status < 429) return undefined;
    return status === 400 &&
        await isRefusedKey(dialect, response.headers, body)
      ? { failureClass: "credential", code: CODE + status }
      : judge(status);
  } catch (error) {
    return {
      failureClass: classifyFailure(error, { callerLeft: signal.aborted }),
      code: error instanceof GatewayError ? error.code : "check_failed",
    };
  } finally {
    clock.stop();
  }
}

const CODE = "upstream_status_";

/** What keeps the answer short; `undefined` where there is no list, and any answer is a good one. */
const SHORT_LIST: Readonly<
  Record<DialectName, Readonly<Record<string, string>> | undefined>
> = {
  openai_chat: {},
  anthropic: { limit: "1" },
  gemini: { pageSize: "1" },
  cohere: { page_size: "1" },
  ollama: {},
  bedrock: undefined,
  vertex: undefined,
};

/** Whether a status 400 tells of a bad key: Google and xAI say it that way (D25, J14). */
async function isRefusedKey(
  dialect: DialectName,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Promise<boolean> {
  await DIALECTS.load(dialect);
  const { provider } = DIALECTS.get(dialect);
  return provider.decodeError(400, headers, body).kind === "authentication";
}

/** What a status tells of a provider that was asked for its models. */
function judge(status: number): ProviderFailure | undefined {
  const code = CODE + status;
  if (status === 401 || status === 402 || status === 403) {
    return { failureClass: "credential", code };
  }
  if (status === 429) return { failureClass: "throttled", code };
  // A redirect or an informational answer is none of a provider's.
  const isAnswer = status >= 200 && status < 300 ||
    status >= 400 && status < 500;
  return isAnswer ? undefined : { failureClass: "fault", code };
}
