import { FaultUpstream } from "./_fault_upstream.ts";
import { startGateway, type TestGateway } from "./_gateway.ts";
import { type RawAnswer, RawClient } from "./_raw_client.ts";
import { until } from "../logging/_test_wait.ts";

/** How a rig is set up. */
export interface RoutedRigOptions {
  /** The entries of `routes`, YAML. */
  readonly routes: string;
  /** Further sections of the config, YAML. */
  readonly config?: string;
  /** Further members of each provider's entry, YAML. */
  readonly provider?: string;
}

/** A log line. */
export type Line = Readonly<Record<string, unknown>>;

/**
 * A gateway with routes of its own before three upstreams: `a` and `b` speak
 * OpenAI's dialect, `c` Anthropic's. Extra attempts have budget.
 */
export class RoutedRig implements AsyncDisposable {
  readonly a: FaultUpstream;
  readonly b: FaultUpstream;
  readonly c: FaultUpstream;
  readonly #gateway: TestGateway;

  /** Use {@linkcode RoutedRig.start}. */
  constructor(
    [a, b, c]: readonly [FaultUpstream, FaultUpstream, FaultUpstream],
    gateway: TestGateway,
  ) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.#gateway = gateway;
  }

  /** Starts all. */
  static async start(options: RoutedRigOptions): Promise<RoutedRig> {
    const { routes, config = "", provider = "" } = options;
    const [a, b, c] = await Promise.all([
      FaultUpstream.start(),
      FaultUpstream.start(),
      FaultUpstream.start(),
    ]);
    const entry = (name: string, { origin }: FaultUpstream): string => {
      const type = name === "c" ? "anthropic" : "openai_compatible";
      return `  - {name: ${name}, type: ${type}, api_key: sk-key-of-${name}-0815, base_url: "${origin}/v1"${
        provider && `, ${provider}`
      }}\n`;
    };
    const gateway = await startGateway(`
${config.includes("retry:") ? "" : "retry: {budget: 1}"}
${config}
providers:
${entry("a", a)}${entry("b", b)}${entry("c", c)}
routes:
${routes}
`);
    return new RoutedRig([a, b, c], gateway);
  }

  /** For example `http://127.0.0.1:49152`. */
  get url(): string {
    return this.#gateway.url;
  }

  /** Sends on a connection of its own and reads one whole answer. */
  async answer(text: string): Promise<RawAnswer> {
    const [answer] = await RawClient.exchange(this.url, text, { answers: 1 });
    if (answer === undefined) throw new Error("Closed without an answer");
    return answer;
  }

  /** The log's lines with this message. */
  lines(message: string): Line[] {
    return this.#gateway.lines.map((line) => JSON.parse(line))
      .filter(({ msg }) => msg === message);
  }

  /** So many lines with this message, once they have been written; the last of them. */
  async line(message: string, count = 1): Promise<Line> {
    await until(
      () => this.lines(message).length >= count,
      `${count} lines '${message}'`,
    );
    return this.lines(message)[count - 1] ?? {};
  }

  /** Ends the gateway, as at its shutdown. */
  closeGateway(): Promise<void> {
    return this.#gateway.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway.close();
    await Promise.all([this.a.close(), this.b.close(), this.c.close()]);
  }
}
