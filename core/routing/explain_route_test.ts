import { assert, assertEquals } from "@std/assert";
import { ProviderFactory } from "../provider_factory.ts";
import { DeploymentStates } from "./deployment_states.ts";
import { explainRoute } from "./explain_route.ts";
import { SmoothDraws } from "./smooth_draws.ts";
import { testContext, testProvider, testTable } from "./_test_routing.ts";

const providers = [
  {
    provider: testProvider("a"),
    models: new Map([
      ["cheap", { prices: { input: 1, output: 2 } }],
      ["small", { contextWindow: 10 }],
    ]),
  },
  { provider: testProvider("b") },
];

Deno.test("explainRoute() shows candidates, what is skipped and what follows", () => {
  const table = testTable([
    {
      match: "fast",
      targets: ["a/cheap", "a/small"],
      fallbacks: ["slow"],
      contextWindowFallbacks: ["slow", "b/large"],
    },
    { match: "slow", targets: ["b/slow"] },
  ], providers);
  const states = new DeploymentStates({ now: () => 0 });
  const [cheap] = table.deployments.filter(({ id }) => id === "a/cheap");
  assert(cheap);
  states.of(cheap).start();
  states.of(cheap).limited({
    requests: { limit: 10, remaining: 4, resetAt: 9 },
    tokens: undefined,
  });
  const explanation = explainRoute(
    { model: "fast", inputTokens: 1_000, outputTokens: 100 },
    testContext(table, {
      states,
      now: 100,
      views: [{
        isAvailable: ({ id }) =>
          id === "b/slow" ? { reason: "it cools", retryAt: 600 } : true,
      }],
    }),
  );
  assertEquals(explanation.candidates, [{
    id: "a/cheap",
    provider: "a",
    model: "cheap",
    keyIndex: 0,
    weight: 1,
    rank: 0,
    estimatedCost: 1_200,
    inFlight: 1,
    firstTokenMs: null,
    remainingRequests: 4,
    remainingTokens: null,
    freeSlots: null,
    accountLimits: [],
  }]);
  assertEquals(explanation.skipped.map(({ id, code }) => [id, code]), [
    ["a/small", "context_window"],
  ]);
  assertEquals(explanation.estimatedTokens, 1_000);
  assertEquals(
    explanation.followers.map(({ model, lastResort, skipped }) => ({
      model,
      lastResort,
      retryInMs: skipped[0]?.retryInMs,
    })),
    [
      { model: "slow", lastResort: "b/slow", retryInMs: 500 },
      { model: "b/large", lastResort: null, retryInMs: undefined },
    ],
  );
});

Deno.test("explainRoute() takes no turn: the plan that follows is the one that was shown", () => {
  const table = testTable([
    { match: "r", strategy: "weighted", targets: ["a/1", "a/2", "b/3"] },
  ], providers);
  const draws = new SmoothDraws();
  for (let run = 0; run < 10; run++) {
    const show = () =>
      explainRoute({ model: "r" }, {
        ...testContext(table),
        draw: (route) => draws.peek(route),
      }).candidates.map(({ id }) => id);
    const shown = show();
    assertEquals(show(), shown);
    const { route } = table.match("r") ?? {};
    assert(route);
    draws.next(route);
  }
});

Deno.test("X11: explainRoute() shows no credential", () => {
  const factory = new ProviderFactory();
  const provider = factory.create({
    name: "a",
    type: "openai",
    apiKey: "sk-canary-1234567890",
    headers: { "x-secret": "canary-too" },
  });
  const table = testTable([], [{ provider }]);
  const text = JSON.stringify(
    explainRoute({ model: "a/m" }, testContext(table)),
  );
  assert(text.includes('"id":"a/m"'));
  assert(!text.includes("canary"));
  factory.close();
});
