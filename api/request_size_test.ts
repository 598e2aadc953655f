import { TokenEstimator } from "@llm-proxy/context";
import { ProviderFactory } from "@llm-proxy/core";
import { assert, assertEquals, assertGreater } from "@std/assert";
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
  assert(size.at(one) > 3_500 && size.at(one) <= 4_000, String(size.at(one)));
  assertEquals(size.at({ provider, model: "two" }), before);
  factory.close();
});
