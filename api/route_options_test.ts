import { PriceBook } from "@llm-proxy/context";
import { ProviderFactory } from "@llm-proxy/core";
import { buildRouteTable } from "@llm-proxy/core/routing";
import { assert, assertEquals } from "@std/assert";
import { parse } from "./_config_fixture_test.ts";
import { setConfigPrices } from "./_model_prices.ts";
import { providerSettings } from "./_provider_settings.ts";
import type { Config } from "./config.ts";
import {
  providerPool,
  type RouteOptions,
  routeOptions,
} from "./route_options.ts";

function configOf(text: string): Config {
  const result = parse(text);
  assert(result.ok, JSON.stringify(result));
  return result.config;
}

function optionsOf(config: Config): RouteOptions {
  const factory = new ProviderFactory();
  const made = providerPool(config)
    .map((entry) => factory.create(providerSettings(entry, config)));
  factory.close();
  return routeOptions(config, { made });
}

const CONFIG = `
providers:
  - type: groq
    priority: 5
    forced: true
    api_keys: [gsk-T4rEw2Qz, gsk-U8iOp6Lk]
    models: [a, {name: b, weight: 3, context_window: 8192, capabilities: {vision: false}, prices: {input: 1, output: 2, cached_input: 0.5}}]
    concurrency: {max: 4, adaptive: true, max_queue: 3, max_wait: 0.5}
    max_retries: 1
    retry_delay: 0.25
  - {type: openai, enabled: false, api_keys: [oai-R5tYu1Io]}
  - type: mock
routes:
  - match: [fast, quick]
    targets: [b, {model: mock/echo, weight: 2, priority: 1}]
    strategy: least_busy
    fallbacks: [plain]
    context_window_fallbacks: [mock/long]
    content_policy_fallbacks: [mock/free]
    sticky: {header: X-Session-Id}
    arms: [{name: canary, share: 0.1, targets: [mock/new]}]
    shadow: {share: 0.5, target: mock/copy}
    hedge: {min_delay: 0.25, max_delay: 2}
    after_commit: continue
  - match: plain
    targets: [mock/echo]
`;

Deno.test("providerPool() has an entry for each key of each provider that is on", () => {
  assertEquals(
    providerPool(configOf(CONFIG)).map(({ name, api_key: key }) => [name, key]),
    [["groq", "gsk-T4rEw2Qz"], ["groq", "gsk-U8iOp6Lk"], ["mock", undefined]],
  );
});

Deno.test("routeOptions() says of providers what the config does", () => {
  const { providers } = optionsOf(configOf(CONFIG));
  assertEquals(
    providers.map(({ provider, moreKeys = [] }) => [
      provider.name,
      ...[provider, ...moreKeys].map(({ headers }) => headers.authorization),
    ]),
    [
      ["groq", "Bearer gsk-T4rEw2Qz", "Bearer gsk-U8iOp6Lk"],
      ["mock", undefined],
    ],
  );
  const [groq, mock] = providers.map((it) => ({
    ...it,
    provider: undefined,
    moreKeys: undefined,
  }));
  assertEquals<unknown>(groq, {
    provider: undefined,
    moreKeys: undefined,
    priority: 5,
    forced: true,
    settings: {
      maxRetries: 1,
      retryDelayMs: 250,
      maxConcurrency: 4,
      adaptive: true,
      maxQueue: 3,
      maxWaitMs: 500,
    },
    models: new Map<string, unknown>([
      ["a", { weight: 1, capabilities: {} }],
      ["b", {
        weight: 3,
        capabilities: { vision: false },
        contextWindow: 8192,
      }],
    ]),
  });
  assertEquals(mock?.settings, { maxRetries: 0, retryDelayMs: 500 });
});

Deno.test("routeOptions() makes a definition for each name of a route", () => {
  const { definitions, continuing } = optionsOf(configOf(CONFIG));
  assertEquals(definitions.map(({ match }) => match), [
    "fast",
    "quick",
    "plain",
  ]);
  assertEquals<unknown>(definitions[1], {
    match: "quick",
    targets: [{ model: "b" }, { model: "mock/echo", weight: 2, priority: 1 }],
    strategy: "least_busy",
    fallbacks: ["plain"],
    contextWindowFallbacks: ["mock/long"],
    contentPolicyFallbacks: ["mock/free"],
    sticky: { header: "x-session-id", prefix: false, maxLoad: 1.5 },
    arms: [{ name: "canary", share: 0.1, targets: [{ model: "mock/new" }] }],
    shadow: { share: 0.5, target: "mock/copy" },
    hedge: {
      quantile: 0.95,
      maxShare: 0.05,
      maxCostShare: 0.05,
      minSamples: 50,
      minDelayMs: 250,
      maxDelayMs: 2000,
      burst: 5,
    },
  });
  assertEquals([...continuing], ["fast", "quick"]);
});

Deno.test("routeOptions() of a config that was accepted build a table", () => {
  const { definitions, providers } = optionsOf(configOf(CONFIG));
  const built = buildRouteTable(definitions, { providers });
  assert(built.ok);
  const match = built.table.match("quick");
  assertEquals(match?.route.targets.map(({ deployment }) => deployment.id), [
    "groq/b",
    "groq/b#1",
    "mock/echo",
  ]);
  assertEquals(match?.route.targets[0]?.deployment.contextWindow, 8192);
});

Deno.test("routeOptions() gives deployments the prices of the config and of the table, as they are when asked", async () => {
  const config = configOf(CONFIG);
  const factory = new ProviderFactory();
  const made = providerPool(config)
    .map((entry) => factory.create(providerSettings(entry, config)));
  let now = 0;
  const prices = new PriceBook({
    now: () => now,
    load: () =>
      Promise.resolve({
        find: ({ at }) => ({
          terms: {
            rates: { input: at.getTime() > 0 ? 5 : 4, output: 9 },
            source: "table",
            version: "1",
          },
        }),
      }),
  });
  setConfigPrices(prices, config);
  const built = buildRouteTable([], routeOptions(config, { made, prices }));
  assert(built.ok);
  const priceOf = (name: string) =>
    built.table.candidates(built.table.match(name)!.route.targets, name)[0]
      ?.deployment.prices?.input;
  assertEquals(priceOf("b"), 1);
  assertEquals(priceOf("a"), undefined);
  await prices.load();
  assertEquals(priceOf("a"), 4);
  now = 60_000;
  assertEquals(priceOf("a"), 5);
  factory.close();
});
