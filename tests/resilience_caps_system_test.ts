// Answers without measure, and what a gateway in a process of its own takes of
// memory under them.
import { assert, assertEquals, assertLess } from "@std/assert";
import { PREFIXES } from "./_failover_rig.ts";
import { FaultUpstream } from "./_fault_upstream.ts";
import { dialectOf } from "./_faults.ts";
import { shown, STALL_MS, tell } from "./_measured.ts";
import { MeasuredGateway } from "./_measured_gateway.ts";
import { ask, type RawAnswer, RawClient } from "./_raw_client.ts";
import { contentOf, errorOf, percentile } from "./_rig.ts";
import type { UpstreamScript } from "./_scripted_upstream.ts";
import { until } from "../logging/_test_wait.ts";

const MIB = 1024 * 1024;
/** The largest event. */
const CAP = 8 * MIB;
/** The largest answer, in the config below. */
const MAX_RESPONSE_MB = 32;
/** Where the hanging event of 64 MiB would end. */
const FLOOD = 64 * MIB;
/** What the buffers of a connection may hold besides what was read. */
const BUFFERS = 8 * MIB;

async function startGateway(
  { origin }: FaultUpstream,
): Promise<MeasuredGateway> {
  const more = `base_url: "${origin}/v1", max_retries: 2`;
  return await MeasuredGateway.start(`
http_client: {max_response_mb: ${MAX_RESPONSE_MB}}
retry: {budget: 1}
providers:
  - {name: oa, type: openai_compatible, ${more}}
  - {name: an, type: anthropic, api_key: sk-key-of-the-tests-0815, ${more}}
`);
}

async function answer(url: string, text: string): Promise<RawAnswer> {
  const [answer] = await RawClient.exchange(url, text, { answers: 1 });
  assert(answer, "closed without an answer");
  return answer;
}

/** Asserts an error, as a status or at the end of a stream that said `a`. */
function isRefused(
  { status, body }: RawAnswer,
  { code, begun }: { readonly code: string; readonly begun: boolean },
): void {
  assertEquals([status, errorOf(body)?.code], [begun ? 200 : 502, code]);
  if (!begun) return;
  assertEquals(contentOf(body), "a");
  assert(!body.includes("[DONE]"));
}

function shownMib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

/** What a stream begins with: content, or only what comes before it. */
function beginning(begun: boolean): UpstreamScript {
  return async (call) => {
    const { start, text } = dialectOf(call);
    await call.answer();
    await call.write(start + (begun ? text("a") : ""));
  };
}

Deno.test("U12: an event of 64 MB without a line end is refused at its cap, asked for once, and takes no more memory than that twice", async () => {
  await using upstream = await FaultUpstream.start();
  await using gateway = await startGateway(upstream);
  const piece = "x".repeat(MIB / 4);
  // What a process takes for its first requests is no matter of the event.
  for (let i = 0; i < 100; i++) {
    await answer(gateway.url, ask(`${PREFIXES[i % 2]}/warm`));
  }
  const grown: number[] = [];
  const { rss: before } = await gateway.taken();
  for (let round = 0; round < 4; round++) {
    for (const prefix of PREFIXES) {
      for (const begun of [false, true]) {
        const model = `${prefix}-${round}-${begun}`;
        upstream.on(model, async (call) => {
          await beginning(begun)(call);
          await call.write(`data: "`);
          while (!call.gone && call.accepted < FLOOD) await call.write(piece);
        });
        const { rss } = await gateway.taken();
        const refused = await answer(gateway.url, ask(`${prefix}/${model}`));
        isRefused(refused, { code: "upstream_event_too_large", begun });
        await until(() => upstream.gauge.now === 0, "the provider is left");
        const { peak } = await gateway.taken();
        grown.push(peak - rss);
        const asked = upstream.requests.filter((it) => it.model === model);
        // Whoever answers so will do it again.
        assertEquals(asked.length, 1, model);
        assertLess(asked[0]?.bytesOut ?? NaN, CAP + BUFFERS);
      }
    }
  }
  const { rss: after } = await gateway.taken();
  const median = percentile(grown, 0.5);
  const most = percentile(grown, 1);
  tell(
    "U12",
    `RSS + ${shownMib(median)} (median), + ${
      shownMib(most)
    } (most) by one of ` +
      `${grown.length} events over ${shownMib(CAP)}; + ${
        shownMib(after - before)
      } by all, one after another`,
  );
  assertLess(median, 2 * CAP);
  // What is garbage is not given back at once.
  assertLess(most, 10 * CAP);
  assertLess(after - before, grown.length * 2 * CAP);
});

/** Asks for the health again and again, whether or not it answers, and tells how long each answer took. */
async function healthUntil(
  url: string,
  over: Promise<unknown>,
): Promise<number[]> {
  const times: Promise<number>[] = [];
  const probe = async (): Promise<number> => {
    const start = performance.now();
    await answer(url, "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
    return performance.now() - start;
  };
  const timer = setInterval(() => times.push(probe()), 20);
  await over;
  clearInterval(timer);
  return await Promise.all(times);
}

Deno.test("U12: a million tiny events pass, four million are refused at the cap of the answer, and neither holds anybody up", async () => {
  await using upstream = await FaultUpstream.start();
  await using gateway = await startGateway(upstream);
  const many = "data: {}\n\n".repeat(10_000);
  const health: number[] = [];
  const { rss } = await gateway.taken();
  for (const millions of [1, 4]) {
    for (const [i, prefix] of PREFIXES.entries()) {
      const begun = i === 0;
      const model = `${prefix}-${millions}`;
      upstream.on(model, async (call) => {
        const { text, finish } = dialectOf(call);
        await beginning(begun)(call);
        for (let i = 0; i < millions * 100 && !call.gone; i++) {
          await call.write(many);
        }
        await call.write(text("b") + finish);
        await call.end();
      });
      const asking = answer(gateway.url, ask(`${prefix}/${model}`));
      health.push(...await healthUntil(gateway.url, asking));
      const answered = await asking;
      if (millions === 1) {
        assertEquals(contentOf(answered.body), begun ? "ab" : "b", model);
      } else {
        isRefused(answered, { code: "upstream_response_too_large", begun });
      }
      const asked = upstream.requests.filter((it) => it.model === model);
      assertEquals(asked.length, 1, model);
    }
  }
  const { peak, held } = await gateway.taken();
  tell(
    "U12",
    `tiny events: RSS + ${shownMib(peak - rss)}, loop held up ${
      held.toFixed(0)
    } ms at most, health ${shown(health)}`,
  );
  assertLess(peak - rss, 192 * MIB);
  assertLess(percentile(health, 0.5), 150);
  assertLess(percentile(health, 1), 150 + STALL_MS);
});
