import { splitPattern } from "./_pattern_index.ts";
import type { FallbackChains, RouteMatch } from "./route.ts";
import type { RouteDefinition, RouteFault } from "./route_definition.ts";

/** Later ones would never be reached: a request has few attempts. */
const MAX_CHAIN = 16;

/** The three lists of a definition and the chains they make. */
const FALLBACK_LISTS = [
  ["fallbacks", "error"],
  ["contextWindowFallbacks", "contextWindow"],
  ["contentPolicyFallbacks", "contentPolicy"],
] as const;

type ListName = typeof FALLBACK_LISTS[number][0];

/** What chains are made with. */
export interface ChainOptions {
  /** Finds the route of a name, without guessing; `undefined` where there is none. */
  readonly find: (name: string) => RouteMatch | undefined;
  /** Where to note what is wrong. */
  readonly faults: RouteFault[];
}

interface Step {
  readonly name: string;
  readonly match: RouteMatch;
}

/**
 * Notes unknown fallbacks, and each fallback that closes a circle. A circle
 * within one kind of list is a fault; across kinds it is none: a small model
 * may hand long requests to a large one that is replaced by it when it fails.
 */
export function checkChains(
  definitions: readonly RouteDefinition[],
  { find, faults }: ChainOptions,
): void {
  for (const [list] of FALLBACK_LISTS) {
    definitions.forEach((definition, index) => {
      definition[list]?.forEach((name, at) => {
        const message = faultOf(name, { definition, find });
        if (message) faults.push({ path: [index, list, at], message });
      });
    });
    findCircles(definitions, { list, find, faults });
  }
}

function faultOf(
  name: string,
  { definition, find }: Pick<ChainOptions, "find"> & {
    readonly definition: RouteDefinition;
  },
): string | undefined {
  if (name.includes("*") && !definition.match.includes("*")) {
    return `Fallback '${name}' has a '*', but the name of its route has none`;
  }
  if (find(name) !== undefined) return undefined;
  return `Unknown fallback '${name}': name a route, a model that a provider lists, or 'provider/model'`;
}

/** Depth first, with a stack of its own: chains may be long. A step back into the stack closes a circle. */
function findCircles(
  definitions: readonly RouteDefinition[],
  { list, find, faults }: ChainOptions & { readonly list: ListName },
): void {
  const indexes = new Map(definitions.map((it, index) => [it, index]));
  const places = new Map<RouteDefinition, number | "done">();
  for (const root of definitions) {
    if (places.has(root)) continue;
    const way = [{ definition: root, at: 0 }];
    places.set(root, 0);
    for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
      const { definition, at } = top;
      const name = definition[list]?.[top.at++];
      if (name === undefined) {
        places.set(definition, "done");
        way.pop();
        continue;
      }
      const next = find(name)?.route.definition;
      if (next === undefined) continue;
      const place = places.get(next);
      if (place === undefined) {
        places.set(next, way.push({ definition: next, at: 0 }) - 1);
      } else if (place !== "done") {
        const circle = [...way.slice(place), { definition: next }];
        faults.push({
          path: [indexes.get(definition) ?? 0, list, at],
          message: `Fallbacks go in a circle: ${told(circle)}`,
        });
      }
    }
  }
}

/** The names on the way; of a long one the ends. */
function told(
  way: readonly { readonly definition: RouteDefinition }[],
): string {
  const names = way.map(({ definition }) => definition.match);
  if (names.length > 12) names.splice(6, names.length - 12, "...");
  return names.join(" -> ");
}

/**
 * The chains of a route: its own fallbacks in order, then those of each of
 * them, and so on; each name once, 16 at most.
 */
export function makeChains(
  definition: RouteDefinition,
  find: ChainOptions["find"],
): FallbackChains {
  const [error, contextWindow, contentPolicy] = FALLBACK_LISTS.map(([list]) =>
    chainOf(definition, list, find)
  );
  return {
    error: error ?? [],
    contextWindow: contextWindow ?? [],
    contentPolicy: contentPolicy ?? [],
  };
}

function chainOf(
  definition: RouteDefinition,
  list: ListName,
  find: ChainOptions["find"],
): readonly string[] {
  const names = new Set<string>();
  let level = steps(definition[list] ?? [], find);
  while (level.length > 0 && names.size < MAX_CHAIN) {
    const fresh: Step[] = [];
    for (const step of level) {
      if (names.size >= MAX_CHAIN || names.has(step.name)) continue;
      names.add(step.name);
      fresh.push(step);
    }
    level = fresh.flatMap(({ match: { route, capture } }) => {
      const following = route.definition?.[list] ?? [];
      return steps(following.map((name) => fillIn(name, capture)), find);
    });
  }
  return [...names];
}

function steps(
  names: readonly string[],
  find: ChainOptions["find"],
): readonly Step[] {
  return names.flatMap((name) => {
    const match = find(name);
    return match === undefined ? [] : [{ name, match }];
  });
}

/** A name with what its `*` stands for. */
export function fillIn(name: string, capture: string): string {
  const around = splitPattern(name);
  if (around === undefined) return name;
  return around.before + capture + around.behind;
}
