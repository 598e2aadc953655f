import { CircuitBreaker } from "@llm-proxy/core";
import { assert, assertEquals } from "@std/assert";
import { parse } from "./_config_fixture_test.ts";
import type { Config } from "./config.ts";
import { defaultConfig } from "./default_config.ts";
import {
  breakersOptions,
  chaosFaults,
  limitOptions,
  retryBudgetOptions,
  retryOptions,
} from "./resilience_options.ts";

function configOf(text: string): Config {
  const result = parse(text);
  assert(result.ok, JSON.stringify(result));
  return result.config;
}

/** A breaker of a config, with virtual time. */
function breakerOf(section: string): CircuitBreaker {
  const config = configOf(`circuit_breaker: {${section}}`);
  const { strategy, ...options } = breakersOptions(config.circuit_breaker);
  assert(strategy);
  return new CircuitBreaker({
    ...options,
    strategy: strategy(),
    now: () => 0,
    jitter: 0,
  });
}

Deno.test("breakersOptions() opens by failures in a row", () => {
  const breaker = breakerOf("failure_threshold: 2, recovery_timeout: 7");
  breaker.tryAcquire()?.failure("fault");
  assertEquals(breaker.state, "closed");
  breaker.tryAcquire()?.failure("fault");
  assertEquals(breaker.state, "open");
  assertEquals(breaker.probeDue, 7000);
});

Deno.test("breakersOptions() opens by a share of failures, and of slow first bytes", () => {
  const ratio = "failure_ratio: 0.25, min_samples: 4";
  const failing = breakerOf(ratio);
  for (let i = 0; i < 3; i++) failing.tryAcquire()?.success();
  failing.tryAcquire()?.failure("fault");
  assertEquals(failing.state, "open");

  for (
    const [more, state] of [
      ["", "closed"],
      ["slow_first_byte: 2, slow_ratio: 1", "open"],
    ]
  ) {
    const slow = breakerOf(`min_samples: 4, ${more}`);
    for (let i = 0; i < 4; i++) slow.tryAcquire()?.firstByte(2001);
    assertEquals(slow.state, state);
  }
});

Deno.test("breakersOptions() makes a strategy for each breaker", () => {
  const { strategy } = breakersOptions(defaultConfig().circuit_breaker);
  assert(strategy && strategy() !== strategy());
});

Deno.test("retryOptions() and retryBudgetOptions() bound further attempts", () => {
  const { retry } = configOf("retry: {max_attempts: 2, budget: 0.2}");
  assertEquals(retryOptions(retry), { maxAttempts: 2 });
  assertEquals(retryBudgetOptions(retry), { ratio: 0.2 });
});

Deno.test("chaosFaults() are in milliseconds, and none unless they are enabled", () => {
  const { chaos_engineering: chaos } = configOf(
    "chaos_engineering: {enabled: true, faults: [{type: delay, probability: 0.5, delay: 2, match: {model: m}}]}",
  );
  const [fault, ...others] = chaosFaults(chaos);
  assertEquals(others, []);
  assertEquals(
    [fault?.type, fault?.probability, fault?.delayMs, fault?.match?.model],
    ["delay", 0.5, 2000, "m"],
  );
  assertEquals(chaosFaults({ ...chaos, enabled: false }), []);
});

Deno.test("limitOptions() gives limits as the library reads them: 10/day is no fraction of a minute", () => {
  const text = (enabled: boolean) => `
rate_limit:
  enabled: ${enabled}
  default: [100/minute, 8 concurrent]
  routes: {/v1/models: 10/day}
providers:
  - {type: mock, rate_limit: {tokens_per_hour: 5000}}
  - {type: ollama, rate_limit: 10/day, enabled: false}
`;
  const day = { unit: "requests", amount: 10, windowMs: 86_400_000 };
  const hour = { unit: "tokens", amount: 5000, windowMs: 3_600_000 };
  assertEquals<unknown>(limitOptions(configOf(text(true))), {
    rules: [],
    fallback: [
      { unit: "requests", amount: 100, windowMs: 60_000 },
      { unit: "concurrent", amount: 8, windowMs: 0 },
    ],
    routes: new Map([["/v1/models", [day]]]),
    providers: new Map([["mock", [hour]]]),
  });
  assertEquals<unknown>(limitOptions(configOf(text(false))), {
    fallback: [],
    rules: [],
    routes: new Map(),
    providers: new Map([["mock", [hour]]]),
  });
});
