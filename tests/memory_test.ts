// What happens when memory gets scarce.
import {
  assert,
  assertArrayIncludes,
  assertEquals,
  assertStringIncludes,
} from "@std/assert";
import { startGateway } from "./_gateway.ts";
import { until } from "../logging/_test_wait.ts";

/** Shares so small that any process is over them; or so large that none is. */
const SCARCE =
  "memory: {limit_mb: 10, max_usage_percent: 50, gc_threshold_percent: 40, monitoring_interval: 0.05}";
const PLENTY = "memory: {limit_mb: 1000000}";

const ask = (url: string) =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "mock/echo",
      messages: [{ role: "user", content: "hi" }],
    }),
  });

Deno.test("memory: under critical pressure new work is refused with 503 and Retry-After, and the gateway tells", async () => {
  const gateway = await startGateway(`providers: [{type: mock}]\n${SCARCE}`);
  const { url } = gateway;
  try {
    await until(async () => {
      const response = await ask(url);
      const { error } = await response.json();
      if (response.status !== 503) return false;
      assertEquals(error.code, "memory_exhausted");
      assertEquals(response.headers.get("retry-after"), "5");
      return true;
    });
    const health = await (await fetch(`${url}/health`)).json();
    assertEquals(health.status, "degraded");
    assertEquals(health.checks.memory.pressure, "critical");
    const status = await (await fetch(`${url}/v1/status`)).json();
    assertEquals(status.memory.limit_bytes, 10 * 1024 * 1024);
    assertArrayIncludes(Object.keys(status.memory.holdings), [
      "request_bodies",
      "summaries",
      "tokenizer",
    ]);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assertStringIncludes(metrics, "proxy_api_memory_pressure 2");
    assertStringIncludes(metrics, "proxy_api_memory_limit_bytes 10485760");
    // Whoever looks after the gateway still gets in.
    const models = await fetch(`${url}/v1/models`);
    await models.body?.cancel();
    assertEquals(models.status, 200);
    assert(gateway.lines.some((line) => line.includes("--max-old-space-size")));
    assert(gateway.lines.some((line) => line.includes("memory pressure")));
  } finally {
    await gateway.close();
  }
});

Deno.test("memory: where there is plenty nothing is refused", async () => {
  const gateway = await startGateway(`providers: [{type: mock}]\n${PLENTY}`);
  try {
    const response = await ask(gateway.url);
    await response.body?.cancel();
    assertEquals(response.status, 200);
    const health = await (await fetch(`${gateway.url}/health`)).json();
    assertEquals(health.checks.memory, {
      status: "healthy",
      pressure: "normal",
    });
  } finally {
    await gateway.close();
  }
});
