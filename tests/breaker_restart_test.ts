// What is known of providers that are down outlives the gateway.
import { openStateStore } from "@llm-proxy/context";
import { assertEquals } from "@std/assert";
import { FaultUpstream } from "./_fault_upstream.ts";
import { status } from "./_faults.ts";
import { startGateway } from "./_gateway.ts";
import { post, RawClient } from "./_raw_client.ts";
import { until } from "../logging/_test_wait.ts";

Deno.test("U16: a gateway that starts again leaves a provider alone that was down", async () => {
  const directory = await Deno.makeTempDir();
  await using down = await FaultUpstream.start();
  await using well = await FaultUpstream.start();
  down.usual = status(500);
  const config = `
circuit_breaker: {failure_threshold: 2, recovery_timeout: 60}
routes: [{match: m, targets: [a/m, b/m]}]
providers:
  - {name: a, type: openai_compatible, base_url: "${down.origin}/v1"}
  - {name: b, type: openai_compatible, base_url: "${well.origin}/v1"}
`;
  const ask = post(
    `{"model":"m","messages":[{"role":"user","content":"hi"}]}`,
  );
  try {
    for (const expected of [2, 0]) {
      const state = await openStateStore({ type: "file", directory });
      const gateway = await startGateway(config, undefined, undefined, {
        state,
      });
      const isOpen = (): boolean =>
        gateway.lines.some((line) => line.includes(`"to":"open"`));
      if (expected === 0) await until(isOpen, "an open circuit");
      const before = down.requests.length;
      for (let i = 0; i < 5; i++) {
        const [answer] = await RawClient.exchange(gateway.url, ask, {
          answers: 1,
        });
        assertEquals(answer?.status, 200);
      }
      assertEquals(down.requests.length - before, expected);
      await gateway.close();
      await state.close();
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
