import { assert } from "@std/assert";
import type { Provider } from "../provider.ts";
import { ProviderFactory } from "../provider_factory.ts";
import { buildRouteTable } from "./build_route_table.ts";
import {
  createDeployment,
  type Deployment,
  type DeploymentSettings,
} from "./deployment.ts";
import { DeploymentStates } from "./deployment_states.ts";
import type { PlanContext } from "./plan_route.ts";
import type { Candidate } from "./route.ts";
import type { RouteDefinition } from "./route_definition.ts";
import type { RouteTable } from "./route_table.ts";
import type { RoutedProvider } from "./routed_provider.ts";
import type { StrategyContext } from "./strategy.ts";

const factory = new ProviderFactory();

/** A provider that opens nothing. */
export function testProvider(
  name: string,
  models?: readonly string[],
): Provider {
  return factory.create({
    name,
    type: name === "mock" ? "mock" : "openai_compatible",
    ...(name !== "mock" && { baseUrl: "http://127.0.0.1:9/v1" }),
    ...(models && { models }),
  });
}

/** A deployment of a provider that opens nothing, by its `provider/model`. */
export function testDeployment(
  address: string,
  settings: DeploymentSettings & { readonly keyIndex?: number } = {},
): Deployment {
  const [name = "", model = ""] = address.split("/");
  return createDeployment({ provider: testProvider(name), model, ...settings });
}

/** A candidate of rank 0. */
export function testCandidate(
  address: string,
  settings: DeploymentSettings = {},
): Candidate {
  const deployment = testDeployment(address, settings);
  const { provider, model, weight } = deployment;
  return { deployment, provider, model, weight, rank: 0 };
}

/** A table that must build. */
export function testTable(
  definitions: readonly RouteDefinition[],
  providers: readonly RoutedProvider[],
  find?: (model: string) => readonly string[],
): RouteTable {
  const built = buildRouteTable(definitions, {
    providers,
    ...(find && { find }),
  });
  assert(built.ok, built.ok ? "" : JSON.stringify(built.faults));
  return built.table;
}

/** What a plan is made on, nothing being known. */
export function testContext(
  table: RouteTable,
  options: Partial<PlanContext> = {},
): PlanContext {
  return {
    table,
    states: new DeploymentStates({ now: () => 0 }),
    now: 0,
    random: () => 0,
    ...options,
  };
}

/** What a strategy goes by, nothing being known. */
export function testStrategyContext(
  options: Partial<StrategyContext> = {},
): StrategyContext {
  const states = new DeploymentStates({ now: () => 0 });
  return {
    request: { model: "m" },
    stateOf: (deployment) => states.of(deployment),
    now: 0,
    random: () => 0,
    draw: () => 0,
    ...options,
  };
}

/** The deployments' ids. */
export function idsOf(candidates: readonly Candidate[]): string[] {
  return candidates.map(({ deployment }) => deployment.id);
}

/** Random numbers that are the same in each run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
