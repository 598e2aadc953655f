import { assertEquals, assertThrows } from "@std/assert";
import { capabilitiesOf, capabilityBits, lackingBits } from "./capability.ts";
import { createDeployment } from "./deployment.ts";
import { testDeployment, testProvider } from "./_test_routing.ts";

Deno.test("createDeployment() names the first key by nothing and others by their number", () => {
  assertEquals(testDeployment("openai/gpt-5").id, "openai/gpt-5");
  assertEquals(
    testDeployment("openai/gpt-5", { keyIndex: 2 }).id,
    "openai/gpt-5#2",
  );
});

Deno.test("createDeployment() takes what is not said for unknown and unlimited", () => {
  const deployment = testDeployment("openai/gpt-5");
  assertEquals(deployment.contextWindow, Infinity);
  assertEquals(deployment.maxConcurrency, Infinity);
  assertEquals(deployment.prices, undefined);
  assertEquals(deployment.lacks, 0);
  assertEquals([deployment.weight, deployment.priority], [1, 100]);
});

Deno.test("createDeployment() refuses numbers out of their range and says which", () => {
  const provider = testProvider("openai");
  for (
    const [settings, name] of [
      [{ keyIndex: -1 }, "keyIndex"],
      [{ keyIndex: 0.5 }, "keyIndex"],
      [{ weight: -1 }, "weight"],
      [{ weight: NaN }, "weight"],
      [{ weight: Infinity }, "weight"],
      [{ priority: NaN }, "priority"],
      [{ contextWindow: 0 }, "contextWindow"],
      [{ maxConcurrency: 0 }, "maxConcurrency"],
      [{ maxConcurrency: 1.5 }, "maxConcurrency"],
      [{ prices: { input: -1, output: 0 } }, "prices"],
      [{ prices: { input: 1, output: NaN } }, "prices"],
    ] as const
  ) {
    assertThrows(
      () => createDeployment({ provider, model: "m", ...settings }),
      RangeError,
      `'${name}'`,
    );
  }
});

Deno.test("lackingBits() counts what is known to be missing, not what is unknown", () => {
  const bits = lackingBits({ vision: false, tools: true });
  assertEquals(capabilitiesOf(bits), ["vision"]);
  assertEquals(bits & capabilityBits(["tools", "audio"]), 0);
});

Deno.test("capabilityBits() takes names of prototypes for no capabilities", () => {
  assertEquals(capabilityBits(["constructor", "__proto__", "toString"]), 0);
});
