import type { DeploymentBook } from "./_deployment_book.ts";
import { makeTargets, type TargetOptions } from "./_route_targets.ts";
import { HedgePolicy } from "./hedge_policy.ts";
import type { FallbackChains, Route, RouteArm, RouteShadow } from "./route.ts";
import type { RouteDefinition, RouteFault } from "./route_definition.ts";
import { strategies, type Strategy } from "./strategy.ts";

/** What a route is made with. */
export interface MakeRouteOptions {
  readonly book: DeploymentBook;
  /** The definition's place in the list. */
  readonly index: number;
  /** Where to note what is wrong. */
  readonly faults: RouteFault[];
}

/** A route whose chains are filled in when all routes are known. */
export type RouteDraft = Omit<Route, "fallbacks"> & {
  fallbacks: FallbackChains;
};

/** A longer name is none. */
const MAX_NAME = 256;
const NO_FALLBACKS: FallbackChains = {
  error: [],
  contextWindow: [],
  contentPolicy: [],
};

/** Makes a route of its definition; what is wrong is noted. */
export function makeRoute(
  definition: RouteDefinition,
  { book, index, faults }: MakeRouteOptions,
): RouteDraft {
  const { match: name, sticky } = definition;
  const note = (key: string, message: string): void => {
    faults.push({ path: [index, key], message });
  };
  const fault = nameFault(name);
  if (fault) note("match", fault);
  const strategy = strategyOf(definition);
  if (strategy === undefined) note("strategy", "Unknown strategy");
  if (sticky?.maxLoad !== undefined && !(sticky.maxLoad > 1)) {
    faults.push({
      path: [index, "sticky", "maxLoad"],
      message: "Must be more than 1",
    });
  }
  checkHedge(definition, note);
  const options: TargetOptions = {
    book,
    inOrder: (definition.strategy ?? "ordered") === "ordered",
    open: name.includes("*"),
    path: [index, "targets"],
    faults,
  };
  const targets = makeTargets(definition.targets, options);
  const lists = [
    definition.fallbacks,
    definition.contextWindowFallbacks,
    definition.contentPolicyFallbacks,
  ];
  return {
    name,
    definition,
    targets,
    strategy: strategy ?? (() => []),
    sticky,
    arms: armsOf(definition, { ...options, path: [index, "arms"] }),
    shadow: shadowOf(definition, { ...options, path: [index, "shadow"] }),
    fallbacks: NO_FALLBACKS,
    open: lists.some((list) => list?.some((it) => it.includes("*")) ?? false),
  };
}

function nameFault(name: string): string | undefined {
  if (name === "") return "A route needs a name";
  if (name.length > MAX_NAME) return `Longer than ${MAX_NAME} characters`;
  if (name.split("*").length > 2) return `'${name}' has more than one '*'`;
  return undefined;
}

function strategyOf(
  { strategy = "ordered" }: RouteDefinition,
): Strategy | undefined {
  return typeof strategy === "function" ? strategy : strategies.get(strategy);
}

function checkHedge(
  { hedge }: RouteDefinition,
  note: (key: string, message: string) => void,
): void {
  if (hedge === undefined) return;
  try {
    new HedgePolicy(hedge);
  } catch (error) {
    note("hedge", error instanceof Error ? error.message : "Is no policy");
  }
}

function armsOf(
  { arms = [] }: RouteDefinition,
  options: TargetOptions,
): RouteArm[] {
  const { path, faults } = options;
  const names = new Set<string>();
  let sum = 0;
  const made = arms.map(({ name, share, flag, targets }, index): RouteArm => {
    const at = (key: string) => [...path, index, key];
    if (!isShare(share)) {
      faults.push({ path: at("share"), message: "Must be from 0 to 1" });
    }
    if (name === "" || names.has(name)) {
      const message = name === ""
        ? "An arm needs a name"
        : `Another arm is called '${name}' already`;
      faults.push({ path: at("name"), message });
    }
    names.add(name);
    sum += share;
    const place = { ...options, path: at("targets") };
    return { name, share, flag, targets: makeTargets(targets, place) };
  });
  // Sums of decimal fractions are a little off.
  if (sum > 1 + 1e-9) {
    faults.push({ path, message: "The shares of the arms are more than 1" });
  }
  return made;
}

function shadowOf(
  { shadow }: RouteDefinition,
  options: TargetOptions,
): RouteShadow | undefined {
  if (shadow === undefined) return undefined;
  const { path, faults } = options;
  if (!isShare(shadow.share)) {
    faults.push({ path: [...path, "share"], message: "Must be from 0 to 1" });
  }
  // A list of one: its fault is told at the target itself.
  const told: RouteFault[] = [];
  const targets = makeTargets([shadow.target], { ...options, faults: told });
  for (const { message } of told) {
    faults.push({ path: [...path, "target"], message });
  }
  return { share: shadow.share, flag: shadow.flag, targets };
}

function isShare(share: number): boolean {
  return share >= 0 && share <= 1;
}
