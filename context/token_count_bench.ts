import { FeatureFlags } from "./feature_flags.ts";
import { TokenEstimator } from "./token_estimator.ts";
import { measureRequest } from "./token_measure.ts";
import { agentTurns, draws } from "./_test_conversation.ts";

const small = { messages: agentTurns(3, { size: 40, random: draws(1) }) };
const long = { messages: agentTurns(100, { size: 4_000, random: draws(1) }) };
const chars = (request: object) => JSON.stringify(request).length;
const estimator = new TokenEstimator();
const measured = measureRequest(long);
const flags = new FeatureFlags({
  flags: {
    plain: true,
    shared: { share: 0.1, rules: [{ teams: ["a"] }, { keys: ["b"] }] },
  },
});

Deno.bench(`measure a request of ${chars(small)} characters`, () => {
  measureRequest(small);
});

Deno.bench(`measure one of ${chars(long)} characters`, () => {
  measureRequest(long);
});

Deno.bench("estimate its tokens for a model", () => {
  estimator.estimate(measured, "openai/gpt-4o");
});

Deno.bench("learn from what a provider reports", () => {
  estimator.learn(measured, "openai/gpt-4o", 1_000_000);
});

Deno.bench("read a flag that is on", () => {
  flags.isOn("plain", { key: "key-1" });
});

Deno.bench("read a flag with a share and rules", () => {
  flags.isOn("shared", { key: "key-1", team: "b" });
});
