import type { MetricFamily } from "./metric_family.ts";

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** What the formats add to names themselves. */
const SUFFIX = /_(?:total|bucket|count|sum|created)$/;
const UNIT = /_(seconds|bytes|usd|ratio)$/;
const MAX_BOUNDS = 64;

/** The name without what marks a counter: what must not be there twice. */
export function familyName(name: string): string {
  return name.endsWith("_total") ? name.slice(0, -"_total".length) : name;
}

/** The unit that a name ends in. */
export function unitOf(name: string): string | undefined {
  return UNIT.exec(familyName(name))?.[1];
}

/** The names of a collector's metrics. */
export class MetricNames {
  readonly #families = new Set<string>();

  /** Takes a name that is fit for the type and new. */
  add(name: string, type: MetricFamily["type"]): void {
    const family = type === "counter" ? familyName(name) : name;
    if (!NAME.test(name) || SUFFIX.test(family)) {
      throw new RangeError(`'${name}' is no name for a ${type}`);
    }
    if (type === "counter" && family === name) {
      throw new RangeError(`'${name}' must end in '_total': it is a counter`);
    }
    if (this.#families.has(family)) {
      throw new RangeError(`Metric '${name}' is declared already`);
    }
    this.#families.add(family);
  }
}

/** A copy of the bounds, which must rise and be neither too many nor infinite. */
export function checkBounds(
  name: string,
  bounds: readonly number[],
): readonly number[] {
  const rising = bounds.every((bound, index) =>
    Number.isFinite(bound) && bound >= 0 &&
    (index === 0 || bound > (bounds[index - 1] ?? 0))
  );
  if (rising && bounds.length > 0 && bounds.length <= MAX_BOUNDS) {
    return [...bounds];
  }
  throw new RangeError(
    `Histogram '${name}': 'bounds' must be 1 to ${MAX_BOUNDS} numbers that rise, not ${
      JSON.stringify(bounds.slice(0, MAX_BOUNDS))
    }`,
  );
}
