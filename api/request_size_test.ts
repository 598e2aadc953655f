import { TokenEstimator } from "@llm-proxy/context";
import { ProviderFactory } from "@llm-proxy/core";
import { assertEquals, assertGreater } from "@std/assert";
import { RequestSize } from "./request_size.ts";

Deno.test("RequestSize is corrected by what a provider reports, for that model alone", () => {
  const factory = new ProviderFactory();
  const provider = factory.create({ name: "mock", type: "mock" });
  const request = {
    messages: [{ role: "user", content: "so many words ".repeat(500) }],
  };
  const estimator = new TokenEstimator();
  const one = { provider, model: "one" };
  const usage = {
    input: 4_000,
    cached: 0,
    cacheWrite: 0,
    cacheWrite1h: 0,
    output: 1,
    reasoning: 0,
    total: 4_001,
  };
  const size = new RequestSize(request, estimator);
  // Nobody has asked how long it is: then nothing is measured for it.
  size.learn(one, usage);
  assertEquals(estimator.models, 0);
  const before = size.at(one);
  assertGreater(size.tokens, before);
  for (let i = 0; i < 20; i++) size.learn(one, usage);
  assertGreater(size.likely(one), 3_400);
  // Nobody is refused for what was learned of others' requests.
  assertGreater(size.likely(one) / 1.5, size.at(one));
  assertEquals(size.at({ provider, model: "two" }), before);
  factory.close();
});
