import {
  type LedgerRow,
  ledgerRows,
  MemoryStateStore,
} from "@llm-proxy/context";
import {
  type Answering,
  type AnsweringUpstream,
  startAnsweringUpstream,
} from "./_answering_upstream.ts";
import { startGateway, type TestGateway } from "./_gateway.ts";

/** A gateway with a ledger before an upstream, and the means to read it. */
export class AccountsRig implements AsyncDisposable {
  readonly upstream: AnsweringUpstream;
  readonly store: MemoryStateStore;
  readonly #gateway: TestGateway;

  /** Use {@linkcode AccountsRig.start}. */
  constructor(
    upstream: AnsweringUpstream,
    store: MemoryStateStore,
    gateway: TestGateway,
  ) {
    this.upstream = upstream;
    this.store = store;
    this.#gateway = gateway;
  }

  /**
   * Starts both. The provider is `up`, with the models `m` and `n` at 2 and 8
   * dollars unless said, and `free` of no known price.
   */
  static async start(
    {
      answer,
      provider = "",
      config = "",
      ledger = "{enabled: true}",
      prices: told = "{input: 2, output: 8, cached_input: 0.5}",
    }: {
      readonly answer: Answering;
      readonly provider?: string;
      readonly config?: string;
      readonly ledger?: string;
      /** What `m` and `n` cost. */
      readonly prices?: string;
    },
  ): Promise<AccountsRig> {
    const upstream = startAnsweringUpstream(answer);
    const store = new MemoryStateStore();
    const prices = `prices: ${told}`;
    const yaml = `
ledger: ${ledger}
providers:
  - name: up
    type: openai_compatible
    base_url: "${upstream.origin}/v1"
    max_retries: 0
    models: [{name: m, ${prices}}, {name: n, ${prices}}, free]
    ${provider}
${config}
`;
    const gateway = await startGateway(yaml, undefined, undefined, {
      state: store,
    });
    return new AccountsRig(upstream, store, gateway);
  }

  get url(): string {
    return this.#gateway.url;
  }

  get log(): TestGateway["log"] {
    return this.#gateway.log;
  }

  get lines(): readonly string[] {
    return this.#gateway.lines;
  }

  /** Asks for a chat completion. */
  ask(
    body: Record<string, unknown> = {},
    { key, path = "/v1/chat/completions", signal }: {
      readonly key?: string;
      readonly path?: string;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<Response> {
    return fetch(this.url + path, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify({
        model: "up/m",
        messages: [{ role: "user", content: "hi" }],
        ...body,
      }),
      ...(signal && { signal }),
    });
  }

  /** The rows, once there are so many. */
  async rows(count: number): Promise<LedgerRow[]> {
    const day = (offset: number): string =>
      new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
    const deadline = performance.now() + 10_000;
    for (;;) {
      const days = { from: day(-1), to: day(0) };
      const rows = await Array.fromAsync(ledgerRows(this.store, days));
      if (rows.length >= count || performance.now() > deadline) {
        return rows.sort((a, b) => a.at - b.at);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway.close();
    await this.store.close();
    await this.upstream.close();
  }
}
