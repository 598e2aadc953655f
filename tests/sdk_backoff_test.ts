// What real clients do on the gateway's 429: wait as long as they are told, and no longer ask where that is of no use.
import Anthropic from "@anthropic-ai/sdk";
import { MemoryStateStore } from "@llm-proxy/context";
import { assert, assertEquals } from "@std/assert";
import OpenAI from "openai";
import { startAnsweringUpstream } from "./_answering_upstream.ts";
import { completion } from "./_chat_answers.ts";
import { startGateway, type TestGateway } from "./_gateway.ts";

const KEY = "backoff-key-8Wq2Lx5Zt";

/** One exchange of a client. */
interface Seen {
  readonly status: number;
  /** When it was sent, and when its head was there, in ms. */
  readonly sent: number;
  readonly told: number;
  /** What it was told to wait, in ms. */
  readonly wait: number;
}

/** A client's way to the network that remembers what came. */
function watched(seen: Seen[]): typeof fetch {
  return async (input, init) => {
    const sent = performance.now();
    const response = await fetch(input, init);
    const { status, headers } = response;
    const seconds = Number(headers.get("retry-after") ?? 0);
    const wait = Number(headers.get("retry-after-ms") ?? seconds * 1_000);
    seen.push({ status, sent, told: performance.now(), wait });
    return response;
  };
}

const CLIENTS: Readonly<
  Record<
    string,
    (gateway: TestGateway, way: typeof fetch) => () => Promise<unknown>
  >
> = {
  openai({ url }, way) {
    const client = new OpenAI({
      apiKey: KEY,
      baseURL: `${url}/v1`,
      fetch: way,
    });
    return () =>
      client.chat.completions.create({
        model: "up/m",
        max_tokens: 10,
        messages: [{ role: "user", content: "hi" }],
      });
  },
  "@anthropic-ai/sdk"({ url }, way) {
    const client = new Anthropic({ apiKey: KEY, baseURL: url, fetch: way });
    return () =>
      client.messages.create({
        model: "up/m",
        max_tokens: 10,
        messages: [{ role: "user", content: "hi" }],
      });
  },
};

async function withLimits(
  config: string,
  use: (gateway: TestGateway, calls: () => number) => Promise<void>,
): Promise<void> {
  const upstream = startAnsweringUpstream(() => completion({ content: "hi" }));
  const state = new MemoryStateStore();
  const gateway = await startGateway(
    `
auth: {api_keys: [{name: a, key: ${KEY}}]}
providers:
  - name: up
    type: openai_compatible
    base_url: "${upstream.origin}/v1"
    models: [{name: m, prices: {input: 2, output: 8}}]
${config}
`,
    undefined,
    undefined,
    { state },
  );
  try {
    await use(gateway, () => upstream.asked.length);
  } finally {
    await gateway.close();
    await upstream.close();
    await state.close();
  }
}

for (const [name, make] of Object.entries(CLIENTS)) {
  Deno.test(`L8: ${name} waits as long as the gateway's 429 says, and is served then`, async () => {
    const limits = `rate_limit: {default: "1/second burst 1"}`;
    await withLimits(limits, async (gateway, calls) => {
      const seen: Seen[] = [];
      const ask = make(gateway, watched(seen));
      // At once, however slow the machine.
      await Promise.all([ask(), ask()]);
      const refused = seen.find(({ status }) => status === 429);
      const retried = seen.at(-1);
      assertEquals([seen.length, retried?.status, calls()], [3, 200, 2]);
      assert(refused !== undefined && retried !== undefined);
      assert(refused.wait > 0 && refused.wait <= 60_000, String(refused.wait));
      // Clocks of timers are a little early.
      const waited = retried.sent - refused.told;
      assert(waited >= refused.wait - 20, `${waited} of ${refused.wait}`);
    });
  });

  Deno.test(`A4: ${name} asks no more than once where a budget is used up`, async () => {
    const budget =
      "ledger: {enabled: true}\nbudgets: [{name: b, per: key, limit: 0.000001, period: day}]";
    await withLimits(budget, async (gateway, calls) => {
      const seen: Seen[] = [];
      const ask = make(gateway, watched(seen));
      const error = await ask().then(() => undefined, (it) => it);
      assertEquals((error as { status?: number } | undefined)?.status, 429);
      assertEquals(seen.map(({ status }) => status), [429]);
      assertEquals(calls(), 0);
    });
  });
}
