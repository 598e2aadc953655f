import { assertEquals } from "@std/assert";
import { parseLimits } from "../rate_limit.ts";
import { ProviderLimits } from "./provider_limits.ts";
import { testDeployment } from "./_test_routing.ts";

Deno.test("L8: a request that is larger than the limit makes no account full for others", () => {
  let time = 0;
  const limits = new ProviderLimits(
    new Map([["a", parseLimits("1000 tokens/minute")]]),
    { now: () => time },
  );
  const deployment = testDeployment("a/x");
  assertEquals(limits.take(deployment, { outputTokens: 2_000 }), "full");
  assertEquals(limits.isAvailable(deployment), true);
  const lease = limits.take(deployment, { inputTokens: 900 });
  assertEquals(limits.take(deployment, { inputTokens: 500 }), "full");
  assertEquals(limits.isAvailable(deployment), true);
  if (lease !== "full") lease?.settle({ tokens: 1_000 });
  assertEquals(limits.take(deployment, { inputTokens: 1 }), "full");
  assertEquals(limits.isAvailable(deployment) === true, false);
  time = 61_000;
  assertEquals(limits.isAvailable(deployment), true);
});

Deno.test("L8: a refused request consumes nothing of the account's other limits", () => {
  const limits = new ProviderLimits(
    new Map([["a", parseLimits(["2/minute", "1000 tokens/minute"])]]),
    { now: () => 0 },
  );
  const deployment = testDeployment("a/x");
  for (let refused = 0; refused < 5; refused++) {
    assertEquals(limits.take(deployment, { inputTokens: 2_000 }), "full");
  }
  for (let admitted = 0; admitted < 2; admitted++) {
    const lease = limits.take(deployment, { inputTokens: 1 });
    assertEquals(typeof lease, "object");
  }
  assertEquals(limits.take(deployment, { inputTokens: 1 }), "full");
});
