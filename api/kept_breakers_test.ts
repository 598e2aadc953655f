import { MemoryStateStore } from "@llm-proxy/context";
import { ProviderFactory } from "@llm-proxy/core";
import {
  type Breakers,
  createDeployment,
  type Deployment,
} from "@llm-proxy/core/routing";
import { StructuredLogger } from "@llm-proxy/logging";
import { assertEquals } from "@std/assert";
import { parseConfig } from "./config.ts";
import type { CircuitBreakerConfig } from "./config_types_limits.ts";
import { KeptBreakers } from "./kept_breakers.ts";

function sectionOf(failures: number): CircuitBreakerConfig {
  const parsed = parseConfig(
    `circuit_breaker: {failure_threshold: ${failures}}`,
    { file: "test.yaml", env: () => undefined },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.config.circuit_breaker;
}

function deployments(): Deployment[] {
  const factory = new ProviderFactory();
  const provider = factory.create({
    name: "a",
    type: "openai_compatible",
    baseUrl: "http://127.0.0.1:9/v1",
  });
  return ["x", "y", "z"].map((model) => createDeployment({ provider, model }));
}

function fail(breakers: Breakers, deployment: Deployment, times: number): void {
  for (let i = 0; i < times; i++) {
    breakers.of(deployment)?.tryAcquire()?.failure("fault");
  }
}

function statesOf(breakers: Breakers, of: readonly Deployment[]): string[] {
  return of.map((it) => breakers.stateOf(it));
}

/** Lets what is under way with a store in memory come to its end. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("F5: what is open stays so under another policy, and is counted anew", () => {
  const logger = new StructuredLogger({ sink: () => {} });
  const kept = new KeptBreakers({ logger, state: undefined });
  const before = deployments();
  kept.adopt(sectionOf(2));
  kept.retain(before);
  const { breakers } = kept;
  fail(breakers, before[0]!, 2);
  fail(breakers, before[1]!, 1);
  kept.adopt(sectionOf(2));
  assertEquals(kept.breakers === breakers, true);
  kept.adopt(sectionOf(3));
  // Made anew, as a reload does.
  const after = deployments().slice(0, 2);
  kept.retain(after);
  assertEquals(statesOf(kept.breakers, after), ["open", "closed"]);
  fail(kept.breakers, after[1]!, 2);
  assertEquals(statesOf(kept.breakers, after), ["open", "closed"]);
});

Deno.test("KeptBreakers outlives a restart: what was open is, what closed again is not, and what is found out since stands", async () => {
  const logger = new StructuredLogger({ sink: () => {} });
  const state = new MemoryStateStore();
  const first = new KeptBreakers({ logger, state });
  const [x, y, z] = deployments() as [Deployment, Deployment, Deployment];
  first.adopt(sectionOf(1));
  first.retain([x, y, z]);
  await turn();
  for (const it of [x, y, z]) fail(first.breakers, it, 1);
  first.breakers.of(y)?.reset();
  await first.close();
  const stored = (await state.list(["breaker"])).entries;
  assertEquals(stored.map(({ key: [, id] }) => id), ["a/x", "a/z"]);

  await state.set(["breaker", "a/y"], { state: "on fire" });
  const second = new KeptBreakers({ logger, state });
  second.adopt(sectionOf(1));
  second.retain([x, y]);
  // A request that comes before the store has answered.
  fail(second.breakers, x, 1);
  const found = second.breakers.of(x)?.openUntil;
  await turn();
  assertEquals(statesOf(second.breakers, [x, y, z]), [
    "open",
    "closed",
    "closed",
  ]);
  assertEquals(second.breakers.of(x)?.openUntil, found);
  second.breakers.of(x)?.reset();
  await second.close();
  assertEquals((await state.list(["breaker"])).entries.length, 2);
  await state.close();
});

Deno.test("KeptBreakers writes nothing of what only callers name, and goes on where the store fails", async () => {
  const lines: string[] = [];
  const logger = new StructuredLogger({ sink: (text) => lines.push(text) });
  const state = new MemoryStateStore();
  const kept = new KeptBreakers({ logger, state });
  const [x, y] = deployments() as [Deployment, Deployment];
  kept.adopt(sectionOf(1));
  kept.retain([x]);
  await turn();
  fail(kept.breakers, { ...y, adHoc: true }, 1);
  await kept.close();
  assertEquals((await state.list(["breaker"])).entries, []);

  const failing = new KeptBreakers({ logger, state });
  failing.adopt(sectionOf(1));
  failing.retain([x]);
  await state.close();
  fail(failing.breakers, x, 1);
  await failing.close();
  await logger.close();
  assertEquals(statesOf(failing.breakers, [x]), ["open"]);
  assertEquals(lines.join("").includes("were not kept"), true);
});
