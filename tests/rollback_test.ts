// An arm that does worse than the rest of its route is switched off by itself.
import { MemoryStateStore } from "@llm-proxy/context";
import { assert } from "@std/assert";
import { startGateway } from "./_gateway.ts";

const CONFIG = `
providers: [{type: mock}]
feature_flags: {canary: true}
routes:
  - match: chat
    targets: [mock/echo]
    arms:
      - name: canary
        share: 0.5
        flag: canary
        targets: [mock/error-500]
        rollback: {min_requests: 5}
`;

Deno.test("rollback: an arm that fails loses its traffic, and nothing else changes", async () => {
  const state = new MemoryStateStore();
  const gateway = await startGateway(CONFIG, undefined, undefined, { state });
  let { url } = gateway;
  /** Whether the answer came at once. */
  const isWell = async (): Promise<boolean> => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "chat",
        messages: [{ role: "user", content: "hi" }],
      }),
    });
    await response.text();
    return response.status === 200 &&
      !response.headers.has("x-llm-proxy-fallback");
  };
  let failed = 0;
  for (let i = 0; i < 60; i++) if (!await isWell()) failed++;
  assert(failed >= 5, `${failed} went to the arm`);
  for (let i = 0; i < 20; i++) assert(await isWell());
  await gateway.close();
  // A restart does not bring it back.
  const again = await startGateway(CONFIG, undefined, undefined, { state });
  url = again.url;
  const restarted = performance.now() + 10_000;
  while (!again.lines.some((line) => line.includes('"to":false'))) {
    assert(performance.now() < restarted);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (let i = 0; i < 20; i++) assert(await isWell());
  await again.close();
  await state.close();
});
