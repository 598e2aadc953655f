import { FaultUpstream, type FaultUpstreamOptions } from "./_fault_upstream.ts";
import type { RequestTruth } from "./_fault_truth.ts";
import {
  type ConfigChange,
  startGateway,
  type TestGateway,
} from "./_gateway.ts";
import { type RawAnswer, RawClient } from "./_raw_client.ts";
import { until } from "../logging/_test_wait.ts";

/** How a rig is set up. */
export interface FailoverRigOptions {
  /** Sections of the config besides providers, routes and `retry`, YAML. */
  readonly config?: string;
  /** Further members of each provider's entry but that of the second, YAML. */
  readonly provider?: string;
  /** What the first upstream is. */
  readonly first?: FaultUpstreamOptions;
  /** The address of the first, in place of its own. */
  readonly firstUrl?: (first: FaultUpstream) => string;
  /** Changes the config where no file can. */
  readonly change?: ConfigChange;
}

/** The models of the two dialects that the first upstream is asked in. */
export const PREFIXES = ["oa", "an"] as const;

/**
 * A gateway before two upstreams. A model `oa-…` or `an-…` is asked of the
 * first, in OpenAI's or in Anthropic's dialect, and where that fails of the
 * second, which is well. `oa/oa-…` and `an/an-…` go to the first alone.
 *
 * Each model is a deployment of its own, with its own circuit breaker, and
 * there is budget for one more attempt at every request.
 */
export class FailoverRig implements AsyncDisposable {
  readonly first: FaultUpstream;
  readonly second: FaultUpstream;
  readonly #gateway: TestGateway;

  /** Use {@linkcode FailoverRig.start}. */
  constructor(
    upstreams: readonly [FaultUpstream, FaultUpstream],
    gateway: TestGateway,
  ) {
    [this.first, this.second] = upstreams;
    this.#gateway = gateway;
  }

  /** Starts all three. */
  static async start(options: FailoverRigOptions = {}): Promise<FailoverRig> {
    const { config = "", provider = "", firstUrl, change } = options;
    const first = await FaultUpstream.start(options.first);
    const second = await FaultUpstream.start();
    const origin = firstUrl?.(first) ?? first.origin;
    const more = `base_url: "${origin}/v1", max_retries: 0${
      provider && `, ${provider}`
    }`;
    const yaml = `${config}
retry: {budget: 1}
providers:
  - {name: oa, type: openai_compatible, ${more}}
  - {name: an, type: anthropic, api_key: sk-key-of-the-tests-0815, ${more}}
  - {name: b, type: openai_compatible, base_url: "${second.origin}/v1"}
routes:
  - {match: oa-*, targets: [oa/oa-*, b/oa-*]}
  - {match: an-*, targets: [an/an-*, b/an-*]}
`;
    try {
      const gateway = await startGateway(yaml, undefined, change);
      return new FailoverRig([first, second], gateway);
    } catch (error) {
      await first.close();
      await second.close();
      throw error;
    }
  }

  /** For example `http://127.0.0.1:49152`. */
  get url(): string {
    return this.#gateway.url;
  }

  /** All of the log. */
  get lines(): readonly string[] {
    return this.#gateway.lines;
  }

  /** Sends on a connection of its own and reads one whole answer. */
  async answer(text: string): Promise<RawAnswer> {
    const [answer] = await RawClient.exchange(this.url, text, { answers: 1 });
    if (answer === undefined) throw new Error("Closed without an answer");
    return answer;
  }

  /** The only request for a model that an upstream saw. */
  sole(upstream: "first" | "second", model: string): RequestTruth {
    const [request, ...more] = this[upstream].requests.filter((it) =>
      it.model === model
    );
    if (request !== undefined && more.length === 0) return request;
    throw new Error(
      `The ${upstream} was asked for ${model} ${more.length} times more`,
    );
  }

  /** The log line of a request for a model, once it has been written. */
  async line(model: string): Promise<Record<string, unknown>> {
    const { log } = this.#gateway;
    await until(
      () => log.some((line) => line.model === model),
      `a line for ${model}`,
    );
    return log.find((line) => line.model === model) ?? {};
  }

  /** The states that the breaker of a deployment went to. */
  breaker(deployment: string): string[] {
    return this.lines.map((line) => JSON.parse(line))
      .filter((line) => line.deployment === deployment && "to" in line)
      .map(({ to }) => String(to));
  }

  /** Waits until no request is under way and the gateway answers for its health. */
  async settled(): Promise<void> {
    await until(
      () => this.first.gauge.now + this.second.gauge.now === 0,
      "no request under way",
    );
    const answer = await this.answer(
      "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n",
    );
    if (answer.status !== 200) throw new Error(`Not healthy: ${answer.body}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway.close();
    await this.first.close();
    await this.second.close();
  }
}
