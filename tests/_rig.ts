import { type Listening, startGateway, type TestGateway } from "./_gateway.ts";
import { type RawAnswer, RawClient } from "./_raw_client.ts";
import {
  type ScriptedUpstream,
  startScriptedUpstream,
} from "./_scripted_upstream.ts";
import { until } from "../logging/_test_wait.ts";

/** How a rig is set up. */
export interface RigOptions {
  /** Sections of the config besides `providers`, YAML. */
  readonly config?: string;
  /** Further members of each provider's entry, YAML. */
  readonly provider?: string;
  /** What the gateway listens with. @default {onNode} */
  readonly listening?: Listening;
}

/**
 * A gateway between raw sockets: before a scripted upstream that is both an
 * OpenAI-compatible provider, `oa`, and an Anthropic one, `an`.
 */
export class Rig implements AsyncDisposable {
  readonly upstream: ScriptedUpstream;
  readonly #gateway: TestGateway;
  readonly #clients: RawClient[] = [];

  /** Use {@linkcode Rig.start}. */
  constructor(upstream: ScriptedUpstream, gateway: TestGateway) {
    this.upstream = upstream;
    this.#gateway = gateway;
  }

  /** Starts both. */
  static async start(options: RigOptions = {}): Promise<Rig> {
    const { config = "", provider = "", listening } = options;
    const upstream = await startScriptedUpstream();
    const more = `base_url: "${upstream.origin}/v1"${
      provider && `, ${provider}`
    }`;
    const yaml = `${config}
providers:
  - {name: oa, type: openai_compatible, ${more}}
  - {name: an, type: anthropic, api_key: sk-key-of-the-tests-0815, ${more}}
`;
    try {
      return new Rig(upstream, await startGateway(yaml, listening));
    } catch (error) {
      await upstream.close();
      throw error;
    }
  }

  /** For example `http://127.0.0.1:49152`. */
  get url(): string {
    return this.#gateway.url;
  }

  /** The log lines of requests so far. */
  get log(): readonly Record<string, unknown>[] {
    return this.#gateway.log;
  }

  /** A connection of its own. */
  async connect(): Promise<RawClient> {
    const client = await RawClient.connect(this.url);
    this.#clients.push(client);
    return client;
  }

  /** Connects and sends. */
  async send(text: string | Uint8Array): Promise<RawClient> {
    const client = await this.connect();
    await client.send(text);
    return client;
  }

  /** Sends on a connection of its own and reads one whole answer. */
  async answer(text: string | Uint8Array): Promise<RawAnswer> {
    const client = await this.send(text);
    const [answer] = await client.answers(1);
    client.leave();
    if (answer === undefined) throw new Error("Closed without an answer");
    return answer;
  }

  /** The log line of a request for a model of an upstream, once it has been written. */
  async line(model: string): Promise<Record<string, unknown>> {
    const find = (): Record<string, unknown> | undefined =>
      this.log.find((line) => line.model === model);
    await until(() => find() !== undefined, `a line for ${model}`);
    return find() ?? {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.leave();
    await Promise.all(this.#clients.map(({ closed }) => closed));
    await this.#gateway.close();
    await this.upstream.close();
  }
}

/** The `data` of each event of a stream. */
export function eventsOf(body: string): string[] {
  return body.split("\n\n").filter((event) => event.startsWith("data: "))
    .map((event) => event.slice("data: ".length));
}

/** All content of a stream. */
export function contentOf(body: string): string {
  return eventsOf(body).filter((data) => data !== "[DONE]").map((data) =>
    JSON.parse(data).choices?.[0]?.delta?.content ?? ""
  ).join("");
}

/** The error that a body is, or that a stream ends with. */
export function errorOf(body: string): Record<string, unknown> | undefined {
  const last = body.startsWith("{") ? body : eventsOf(body).at(-1);
  return last?.startsWith("{") ? JSON.parse(last).error : undefined;
}

/** What a share of some measurements stays under. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
}

/** What nobody waits longer for, in ms. */
const SOON = 30_000;

/** Waits for something that must come soon. */
export async function soon<T>(
  promise: Promise<T>,
  what: string,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not soon: ${what}`)), SOON);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
