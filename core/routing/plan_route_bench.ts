import { DeploymentStates } from "./deployment_states.ts";
import { type PlanContext, planRoute } from "./plan_route.ts";
import type { RouteDefinition } from "./route_definition.ts";
import type { RouteRequest } from "./route_request.ts";
import { SmoothDraws } from "./smooth_draws.ts";
import type { StrategyName } from "./strategy.ts";
import { testContext, testProvider, testTable } from "./_test_routing.ts";

const STRATEGIES: readonly StrategyName[] = [
  "ordered",
  "weighted",
  "least_latency",
  "least_busy",
  "lowest_cost",
  "quota_aware",
];

// Ten providers with a hundred models each; five targets for each route.
const models = new Map(
  Array.from({ length: 100 }, (_, index) => [`model-${index}`, {
    contextWindow: 128_000,
    capabilities: { audio: false },
    prices: { input: 1 + index % 7, output: 4 },
  }]),
);
const providers = Array.from({ length: 10 }, (_, index) => ({
  provider: testProvider(`provider-${index}`),
  models,
}));
const definitions = Array.from(
  { length: 1_000 },
  (_, index): RouteDefinition => {
    const targets = [0, 1, 2, 3, 4].map((at) => ({
      model: `provider-${(index + at) % 10}/model-${index % 100}`,
      weight: 1 + at,
    }));
    const strategy = STRATEGIES[index % STRATEGIES.length] ?? "ordered";
    // Half of them names, half of them patterns.
    return index % 2 === 0
      ? { match: `route-${index}`, targets, strategy }
      : { match: `family-${index}-*`, targets, strategy };
  },
);
for (const strategy of STRATEGIES) {
  const targets = [0, 1, 2, 3, 4].map((at) => `provider-${at}/model-${at}`);
  definitions.push({ match: strategy, targets, strategy });
}
definitions.push({
  match: "sticky",
  strategy: "weighted",
  targets: [0, 1, 2, 3, 4].map((at) => `provider-${at}/model-7`),
  sticky: { header: "x-session-id" },
}, {
  match: "open-*",
  targets: [0, 1, 2, 3, 4].map((at) => `provider-${at}/model-*`),
});

const table = testTable(definitions, providers);
const states = new DeploymentStates();
for (const deployment of table.deployments) {
  const flight = states.of(deployment).start();
  flight.firstToken();
  flight.succeeded();
}
const draws = new SmoothDraws();
const outIds = new Set(["provider-3/model-3"]);
const view = {
  isAvailable: ({ id }: { readonly id: string }) =>
    outIds.has(id) ? { reason: "its breaker is open", retryAt: 10 } : true,
} as const;
const context: PlanContext = testContext(table, {
  states,
  views: [view, view],
  now: performance.now(),
  random: Math.random,
  draw: (route) => draws.next(route),
});
const header = (): string => "session-1234567890";

function ask(model: string, more: Partial<RouteRequest> = {}): RouteRequest {
  return {
    model,
    needs: ["tools", "streaming"],
    inputTokens: 1_000,
    outputTokens: 500,
    ...more,
  };
}

for (
  const [name, model] of [
    ["a name", "route-500"],
    ["a long pattern", "family-501-2026-01-01-preview"],
    ["an address", "provider-5/model-5"],
    ["a name that nobody has", "claude-sonnet-4-5-20250929"],
  ] as const
) {
  Deno.bench({
    name: `look up ${name} among 1,000 routes`,
    group: "look-up",
    fn() {
      table.match(model);
    },
  });
}

for (const strategy of STRATEGIES) {
  const request = ask(strategy);
  Deno.bench({
    name: `plan, 5 candidates of 1,000, ${strategy}`,
    group: "plan",
    fn() {
      planRoute(request, context);
    },
  });
}

const sticky = ask("sticky", { header });
Deno.bench({
  name: "plan, 5 candidates of 1,000, sticky",
  group: "plan",
  fn() {
    planRoute(sticky, context);
  },
});

const open = ask("open-7");
Deno.bench({
  name: "plan, 5 candidates of 1,000, behind a pattern",
  group: "plan",
  fn() {
    planRoute(open, context);
  },
});
