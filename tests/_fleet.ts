import { FaultUpstream } from "./_fault_upstream.ts";
import {
  type ConfigChange,
  startGateway,
  type TestGateway,
} from "./_gateway.ts";
import { type RawAnswer, RawClient } from "./_raw_client.ts";
import { until } from "../logging/_test_wait.ts";

/** How a {@linkcode Fleet} is set up. */
export interface FleetOptions {
  /** The names of the providers, each with an upstream of its own. @default {["a", "b"]} */
  readonly names?: readonly string[];
  /** Further members of a provider's entry, YAML. */
  readonly provider?: string | ((name: string) => string);
  /** Sections of the config besides `providers`, YAML. */
  readonly config?: string;
  /** Changes the config where no file can. */
  readonly change?: ConfigChange;
}

/** A gateway before providers that fail as they are told, each OpenAI-compatible and by default without retries of its own. */
export class Fleet implements AsyncDisposable {
  readonly #gateway: TestGateway;
  readonly #upstreams: ReadonlyMap<string, FaultUpstream>;

  /** Use {@linkcode Fleet.start}. */
  constructor(
    gateway: TestGateway,
    upstreams: ReadonlyMap<string, FaultUpstream>,
  ) {
    this.#gateway = gateway;
    this.#upstreams = upstreams;
  }

  /** Starts all of it. */
  static async start(options: FleetOptions = {}): Promise<Fleet> {
    const { names = ["a", "b"], provider = "", config = "", change } = options;
    const upstreams = new Map<string, FaultUpstream>();
    try {
      for (const name of names) {
        upstreams.set(name, await FaultUpstream.start());
      }
      const entries = [...upstreams].map(([name, { origin }]) =>
        `  - {${
          members(
            name,
            `${origin}/v1`,
            typeof provider === "string" ? provider : provider(name),
          )
        }}\n`
      );
      const yaml = `${config}\nproviders:\n${entries.join("")}`;
      return new Fleet(await startGateway(yaml, undefined, change), upstreams);
    } catch (error) {
      for (const upstream of upstreams.values()) await upstream.close();
      throw error;
    }
  }

  /** For example `http://127.0.0.1:49152`. */
  get url(): string {
    return this.#gateway.url;
  }

  /** The log's lines of requests so far. */
  get log(): readonly Record<string, unknown>[] {
    return this.#gateway.log;
  }

  /** All lines of the log so far, as records. */
  get records(): Record<string, unknown>[] {
    return this.#gateway.lines.map((line) => JSON.parse(line));
  }

  /** The upstream of a provider. */
  of(name: string): FaultUpstream {
    const upstream = this.#upstreams.get(name);
    if (upstream === undefined) throw new Error(`No upstream '${name}'`);
    return upstream;
  }

  /** How many requests each upstream has seen, for a model or in all, in the order of their names. */
  seen(model?: string): number[] {
    return [...this.#upstreams.values()].map(({ requests }) =>
      model === undefined
        ? requests.length
        : requests.filter((request) => request.model === model).length
    );
  }

  /** Sends on a connection of its own and reads one whole answer. */
  async answer(text: string, ms?: number): Promise<RawAnswer> {
    const [answer] = await RawClient.exchange(this.url, text, {
      answers: 1,
      ...(ms !== undefined && { ms }),
    });
    if (answer === undefined) throw new Error("Closed without an answer");
    return answer;
  }

  /** The log line of the request that was answered so, once it has been written. */
  async line(
    { headers }: Pick<RawAnswer, "headers">,
  ): Promise<Record<string, unknown>> {
    const id = headers.get("x-request-id");
    const find = (): Record<string, unknown> | undefined =>
      this.log.find((line) => line.request_id === id);
    await until(() => find() !== undefined, `a line for ${id}`);
    return find() ?? {};
  }

  /** What breakers went through, a line of the log each. */
  get breakerChanges(): Record<string, unknown>[] {
    return this.records
      .filter(({ msg }) => msg === "a circuit breaker has changed");
  }

  /** The states that the breaker of a deployment went to. */
  breaker(deployment: string): string[] {
    return this.breakerChanges
      .filter((line) => line.deployment === deployment)
      .map(({ to }) => String(to));
  }

  /** Waits until no request is under way at any upstream. */
  async settled(): Promise<void> {
    await until(
      () => [...this.#upstreams.values()].every(({ gauge }) => gauge.now === 0),
      "no request under way",
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway.close();
    for (const upstream of this.#upstreams.values()) await upstream.close();
  }
}

/** A provider's entry: what it must have, and what is given. */
function members(name: string, base: string, given: string): string {
  const usual = { type: "openai_compatible", max_retries: "0" };
  const more = Object.entries(usual)
    .filter(([key]) => !given.includes(`${key}:`))
    .map(([key, value]) => `${key}: ${value}`);
  if (given !== "") more.push(given);
  return [`name: ${name}`, `base_url: "${base}"`, ...more].join(", ");
}
