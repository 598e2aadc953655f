import type { Logger, MetricsCollector, Redactor } from "@llm-proxy/logging";
import type { Telemetry } from "@llm-proxy/logging";
import { isDeepStrictEqual } from "node:util";
import type { Config } from "./config_types.ts";
import { openTelemetry, telemetryConfig } from "./_open_telemetry.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestRecord } from "./request_record.ts";
import { hasFailed, requestSpans, waitedMs } from "./request_spans.ts";
import { RequestTracing } from "./request_tracing.ts";

/** What telemetry is made of. */
export interface RequestTelemetryParts {
  readonly logger: Logger;
  readonly collector: MetricsCollector;
  /** What may not be sent. */
  readonly redactor: Redactor;
}

/** What is sent of requests to a collector: nothing, where the config does not want it. */
export class RequestTelemetry {
  readonly #parts: RequestTelemetryParts;
  #config: Pick<Config, "telemetry" | "app"> | undefined;
  #telemetry: Telemetry | undefined;
  #lost = 0;
  readonly #ending = new Set<Promise<void>>();

  /** Sends nothing yet. */
  constructor(parts: RequestTelemetryParts) {
    this.#parts = parts;
  }

  /** How many spans are lost. */
  get dropped(): number {
    return this.#lost + (this.#telemetry?.dropped ?? 0);
  }

  /**
   * Goes by another config from now on. What waits to be sent still is, as the
   * old one said.
   *
   * @throws {TypeError | RangeError} when one of OpenTelemetry's own variables
   * makes no sense; the old one stays in force then.
   */
  adopt({ telemetry, app }: Config): void {
    const config = { telemetry, app };
    if (isDeepStrictEqual(config, this.#config)) return;
    const next = telemetryConfig(config);
    this.#stop();
    this.#config = config;
    this.#telemetry = next && openTelemetry(next, this.#parts);
  }

  /** The place in its trace of a request that begins; nothing where none is sent. */
  begin(
    { parent }: Pick<RequestRecord, "parent">,
    exchange: Pick<Exchange, "header">,
  ): RequestTracing | undefined {
    const telemetry = this.#telemetry;
    if (telemetry === undefined || !telemetry.traces) return undefined;
    return new RequestTracing({
      sampler: telemetry.sampler,
      parent,
      state: exchange.header("tracestate"),
      propagate: this.#config?.telemetry.propagate ?? false,
    });
  }

  /** Sends the spans of a request that has ended, where they are kept. */
  ended(record: RequestRecord): void {
    const { tracing } = record;
    const telemetry = this.#telemetry;
    if (tracing === undefined || telemetry === undefined) return;
    tracing.kept = telemetry.sampler.keeps({
      sampled: tracing.sampled,
      failed: hasFailed(record),
      waitedMs: waitedMs(record),
    });
    if (tracing.kept) telemetry.record(requestSpans(record, tracing));
  }

  /** Sends what is left, for a moment. */
  async close(): Promise<void> {
    this.#stop();
    await Promise.all(this.#ending);
  }

  #stop(): void {
    const telemetry = this.#telemetry;
    if (telemetry === undefined) return;
    this.#telemetry = undefined;
    const ending = telemetry.close().then(() => {
      this.#lost += telemetry.dropped;
      this.#ending.delete(ending);
    });
    this.#ending.add(ending);
  }
}
