import type { DeploymentBook } from "./_deployment_book.ts";
import { splitPattern } from "./_pattern_index.ts";
import type { RouteTarget } from "./route.ts";
import type { RouteFault, TargetDefinition } from "./route_definition.ts";

/** More targets than any route has. */
const MAX_TARGETS = 1000;

/** What the targets of a route are made with. */
export interface TargetOptions {
  readonly book: DeploymentBook;
  /** Each target gets a rank of its own, in their order. */
  readonly inOrder: boolean;
  /** Whether the route's pattern has a `*`. */
  readonly open: boolean;
  /** Where the list stands, for faults. */
  readonly path: readonly (string | number)[];
  /** Where to note what is wrong. */
  readonly faults: RouteFault[];
}

interface Place {
  readonly provider: string;
  readonly model: string;
  readonly weight: number | undefined;
  readonly priority: number;
}

/** Makes a route's targets, the lowest rank first; what is wrong is noted. */
export function makeTargets(
  definitions: readonly (string | TargetDefinition)[],
  options: TargetOptions,
): RouteTarget[] {
  const { book, inOrder, path, faults } = options;
  if (definitions.length === 0) {
    faults.push({ path, message: "A route needs a target at least" });
  }
  if (definitions.length > MAX_TARGETS) {
    faults.push({ path, message: `More than ${MAX_TARGETS} targets` });
  }
  const places = definitions.slice(0, MAX_TARGETS).flatMap((it, index) => {
    const definition = typeof it === "string" ? { model: it } : it;
    return placesOf(definition, { ...options, path: [...path, index] });
  });
  return places
    .toSorted((a, b) => a.priority - b.priority)
    .flatMap((place, index) => {
      const pool = book.pool(place.provider, place.model);
      const around = splitPattern(place.model);
      return pool.map((deployment): RouteTarget => ({
        deployment,
        provider: deployment.provider,
        model: place.model,
        weight: (place.weight ?? deployment.weight) / pool.length,
        rank: inOrder ? index : place.priority,
        around: around && [around.before, around.behind],
      }));
    });
}

/** The provider and model of an address; of a listed name one for each provider. */
function placesOf(
  { model: text, weight, priority = 0 }: TargetDefinition,
  { book, open, path, faults }: TargetOptions,
): Place[] {
  if (weight !== undefined && !(weight >= 0 && weight < Infinity)) {
    faults.push({ path: [...path, "weight"], message: "Must be 0 or more" });
    return [];
  }
  if (!Number.isFinite(priority)) {
    faults.push({ path: [...path, "priority"], message: "Must be a number" });
    return [];
  }
  const stars = text.split("*").length - 1;
  if (stars > 1 || stars === 1 && !open) {
    const message = stars > 1
      ? `Target '${text}' has more than one '*'`
      : `Target '${text}' has a '*', but the name of its route has none`;
    faults.push({ path, message });
    return [];
  }
  const slash = text.indexOf("/");
  const provider = text.slice(0, Math.max(slash, 0));
  const model = text.slice(slash + 1);
  if (model !== "" && book.has(provider)) {
    return [{ provider, model, weight, priority }];
  }
  const listed = book.listed.get(text) ?? [];
  if (listed.length === 0) {
    faults.push({
      path,
      message:
        `Unknown target '${text}': write 'provider/model', or a model that a provider lists`,
    });
  }
  return listed.map((it) => ({ provider: it, model: text, weight, priority }));
}
