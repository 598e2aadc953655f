// X8: a provider's key is that provider's alone, whatever fails and wherever a request goes on.
import { assert, assertEquals } from "@std/assert";
import {
  type AnsweringUpstream,
  json,
  startAnsweringUpstream,
} from "./_answering_upstream.ts";
import { completion } from "./_chat_answers.ts";
import { startGateway } from "./_gateway.ts";

const PROVIDERS = 5;
const KEYS = 3;
const REQUESTS = 300;

/** A number from a seed, always the same ones. */
function draws(seed: number): () => number {
  return () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return seed / 4_294_967_296;
  };
}

Deno.test("X8: over 5 providers with 3 keys each a key only ever goes to its own origin, however requests fall back", async () => {
  const draw = draws(7);
  let fallbacks = 0;
  const upstreams: AnsweringUpstream[] = [];
  for (let at = 0; at < PROVIDERS; at++) {
    upstreams.push(startAnsweringUpstream(() => {
      const fate = draw();
      if (fate < 0.12) return json({ error: {} }, { status: 503 });
      if (fate < 0.125) return json({ error: {} }, { status: 429 });
      if (fate < 0.17) {
        const location = upstreams[(at + 1) % PROVIDERS]?.origin ?? "";
        return new Response(null, { status: 307, headers: { location } });
      }
      return completion({ content: "hi" });
    }));
  }
  const key = (provider: number, index: number): string =>
    `sk-${"abcde"[provider]}-${index}-q8Zt5Lw2`;
  const gateway = await startGateway(`
retry: {budget: 1, max_attempts: 3}
circuit_breaker: {failure_threshold: 1000, failure_ratio: 1}
providers:
${
    upstreams.map(({ origin }, at) =>
      `  - {name: p${at}, type: openai_compatible, base_url: "${origin}/v1", models: [m], max_retries: 1, retry_delay: 0.001, api_keys: [${
        Array.from({ length: KEYS }, (_, index) => key(at, index)).join(", ")
      }]}`
    ).join("\n")
  }
routes: [{match: all, strategy: weighted, targets: [${
    upstreams.map((_, at) => `p${at}/m`).join(", ")
  }]}]
`);
  try {
    for (let sent = 0; sent < REQUESTS; sent += 20) {
      await Promise.all(Array.from({ length: 20 }, async () => {
        const response = await fetch(`${gateway.url}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            model: "all",
            messages: [{ role: "user", content: "hi" }],
          }),
        });
        await response.body?.cancel();
        const attempts = response.headers.get("x-llm-proxy-attempts");
        if (Number(attempts) > 1) fallbacks++;
      }));
    }
  } finally {
    await gateway.close();
    await Promise.all(upstreams.map((it) => it.close()));
  }
  let total = 0;
  upstreams.forEach(({ asked }, at) => {
    const own = Array.from({ length: KEYS }, (_, index) => key(at, index));
    for (const { headers, path, text } of asked) {
      total++;
      const bearer = headers.authorization?.replace("Bearer ", "") ?? "";
      assert(own.includes(bearer), `p${at}: ${bearer}`);
      const rest = JSON.stringify([{ ...headers, authorization: "" }, path]);
      assert(!/sk-[a-e]-\d/.test(rest + text), rest);
    }
  });
  assert(total > 100 && fallbacks > 10, `${total}, ${fallbacks}`);
  assertEquals(upstreams.every(({ asked }) => asked.length > 0), true);
});
