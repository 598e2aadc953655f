import {
  defaultLimits,
  isMockModel,
  mockModelNames,
  type Provider,
} from "@llm-proxy/core";
import { buildRouteTable, type RouteFault } from "@llm-proxy/core/routing";
import { mapIn, valueAt } from "./_config_data.ts";
import type { PathProblem } from "./_config_issues.ts";
import type { Step } from "./_config_path.ts";
import type { ConfigTree } from "./_config_tree.ts";
import { mean, nearest } from "./_nearest.ts";
import type { Config } from "./config_types.ts";
import type { ProviderConfig } from "./config_types_provider.ts";
import { providerPool, routeOptions } from "./route_options.ts";

/** How the fault begins that goes on to name routes. */
const CIRCLE = "Fallbacks go in a circle";

/** Builds the routes on providers that reach nothing, and says what is wrong with them, and where. */
export function routeProblems(
  config: Config,
  tree: ConfigTree,
): PathProblem[] {
  if (config.routes.length === 0) return [];
  const made = providerPool(config).map(unreachable);
  const { definitions, providers } = routeOptions(config, { made });
  const built = buildRouteTable(definitions, { providers });
  if (built.ok) return unknownMocks(config, tree);
  const places = placesOf(config);
  const off = new Set(
    config.providers.filter(({ enabled }) => !enabled).map(({ name }) => name),
  );
  const names = config.providers.map(({ name }) => name);
  const wayIsHidden = places.some(([route, name]) =>
    tree.place(["routes", route, "match", name]).fromEnv
  );
  return built.faults.map((fault) => {
    const path = pathOf(fault, { places, tree });
    const options = { path, tree, off, names, wayIsHidden };
    return { path, message: tell(fault.message, options) };
  });
}

function unreachable({ name, type, models }: ProviderConfig): Provider {
  return {
    name,
    type,
    dialect: "openai_chat",
    baseUrl: "",
    headers: {},
    quirks: {},
    limits: defaultLimits,
    transport: {
      send: () => Promise.reject(new TypeError("Cannot send: nothing is here")),
      close: () => {},
    },
    models: models?.map((model) => model.name),
  };
}

/** Which name of which route each definition came from. */
function placesOf({ routes }: Config): (readonly [number, number])[] {
  return routes.flatMap(({ match }, route) =>
    match.map((_, name) => [route, name] as const)
  );
}

/** Where a fault stands in the file. */
function pathOf(
  { path: [index, ...steps] }: RouteFault,
  { places, tree }: {
    readonly places: readonly (readonly [number, number])[];
    readonly tree: ConfigTree;
  },
): readonly Step[] {
  const [route, name] = places[Number(index)] ?? [];
  if (route === undefined || name === undefined) return ["routes"];
  const path = ["routes", route, ...steps.map(inSnakeCase)];
  const value = valueAt(tree.data, path);
  if (steps[0] === "match" && Array.isArray(value)) return [...path, name];
  return Object.hasOwn(mapIn(value), "model") ? [...path, "model"] : path;
}

function inSnakeCase(step: string | number): string | number {
  return typeof step === "number"
    ? step
    : step.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

interface TellOptions {
  readonly path: readonly Step[];
  readonly tree: ConfigTree;
  /** The providers that are off. */
  readonly off: ReadonlySet<string>;
  /** The providers. */
  readonly names: readonly string[];
  /** Whether the name of a route came from the environment. */
  readonly wayIsHidden: boolean;
}

/** The message without what came from the environment, and with the reason where the config has one. */
function tell(
  message: string,
  { path, tree, off, names, wayIsHidden }: TellOptions,
): string {
  const value = valueAt(tree.data, path);
  const text = typeof value === "string" ? value : "";
  if (message.startsWith("Unknown ") && off.has(providerOf(text))) {
    const [what] = message.split(" '");
    return `${what}: its provider is off (enabled: false)`;
  }
  if (wayIsHidden && message.startsWith(CIRCLE)) return CIRCLE;
  if (tree.place(path).fromEnv) return message.replaceAll(`'${text}'`, "'…'");
  const isUnknown = message.startsWith("Unknown ") && text.includes("/");
  const meant = isUnknown ? nearest(providerOf(text), names) : undefined;
  return meant === undefined || meant === providerOf(text)
    ? message
    : message.replace(
      `'${text}'`,
      () => `'${text}'${mean(meant + text.slice(text.indexOf("/")))}`,
    );
}

/** Targets at the mock that it has no model for: it has no others tomorrow. */
function unknownMocks(config: Config, tree: ConfigTree): PathProblem[] {
  const mocks = new Set(
    config.providers.filter(({ type }) => type === "mock")
      .map(({ name }) => name),
  );
  return config.routes.flatMap(({ targets }, route) =>
    targets.flatMap((target, at): PathProblem[] => {
      const text = typeof target === "string" ? target : target.model;
      const provider = providerOf(text);
      const model = text.slice(provider.length + 1);
      const isKnown = !mocks.has(provider) || model.includes("*") ||
        isMockModel(model);
      if (isKnown) return [];
      const path: Step[] = ["routes", route, "targets", at];
      if (typeof target !== "string") path.push("model");
      const meant = nearest(model, mockModelNames);
      const shown = tree.place(path).fromEnv ? "…" : text;
      const hint = meant === undefined
        ? `: it has ${mockModelNames.join(", ")}, slow-MS and error-STATUS`
        : mean(`${provider}/${meant}`);
      return [{ path, message: `The mock has no model '${shown}'${hint}` }];
    })
  );
}

function providerOf(address: string): string {
  return address.slice(0, Math.max(address.indexOf("/"), 0));
}
