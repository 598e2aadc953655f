import type { SeriesBudget } from "./_series_budget.ts";
import { type MetricLabel, OTHER } from "./metric_label.ts";

/** One step on the way to a series: by the value of one label. */
class Step<S> {
  next: Map<string, Step<S>> | undefined;
  series: S | undefined;
}

/** What a {@linkcode SeriesTable} makes its series of. */
export interface SeriesTableOptions<S> {
  /** The metric's name. */
  readonly name: string;
  /** Makes the series of some label values. */
  readonly create: (labelValues: readonly string[]) => S;
  /** Where series are counted. */
  readonly budget: SeriesBudget;
  /** How many time series one of them is to a monitoring system. */
  readonly cost: number;
}

/**
 * The series of one metric by their label values. Where the budget is used up,
 * what is new goes to the series whose labels are all `other`, save those with
 * a fixed set of values; the room for these is reserved from the start.
 */
export class SeriesTable<S> {
  readonly #labels: readonly MetricLabel[];
  readonly #options: SeriesTableOptions<S>;
  readonly #root = new Step<S>();
  readonly #series: S[] = [];

  constructor(
    labels: readonly MetricLabel[],
    options: SeriesTableOptions<S>,
  ) {
    this.#labels = labels;
    this.#options = options;
    const sets = labels.reduce((all, label) => all * (label.fixedSize ?? 1), 1);
    options.budget.reserve(sets * options.cost, options.name);
    // A metric without labels says 0 from the start.
    if (labels.length === 0) this.#create([]);
  }

  /** All of them, in the order in which they were made. */
  get all(): readonly S[] {
    return this.#series;
  }

  /** The series of some label values, made at its first use. */
  find(values: readonly string[]): S {
    return this.#walk(values) ?? this.#resolve(values);
  }

  #walk(values: readonly string[]): S | undefined {
    let step: Step<S> | undefined = this.#root;
    for (let index = 0; index < values.length; index++) {
      step = step.next?.get(values[index] as string);
      if (step === undefined) return undefined;
    }
    return step.series;
  }

  /** Finds or makes what the labels make of the values. */
  #resolve(values: readonly string[]): S {
    const { budget, cost } = this.#options;
    const taken: string[] = [];
    let folded = false;
    let reserved = true;
    for (let index = 0; index < this.#labels.length; index++) {
      const label = this.#labels[index] as MetricLabel;
      const value = label.resolve(values[index] as string);
      taken.push(value);
      if (value !== values[index]) folded = true;
      if (value !== OTHER && label.fixedSize === undefined) reserved = false;
    }
    const known = this.#walk(taken);
    const fits = known !== undefined || reserved || budget.take(cost);
    if (folded || !fits) budget.folded++;
    if (fits) return known ?? this.#create(taken);
    const rest = taken.map((value, index) =>
      this.#labels[index]?.fixedSize === undefined ? OTHER : value
    );
    return this.#walk(rest) ?? this.#create(rest);
  }

  #create(values: readonly string[]): S {
    let step = this.#root;
    for (const value of values) {
      step.next ??= new Map();
      let next = step.next.get(value);
      if (next === undefined) step.next.set(value, next = new Step<S>());
      step = next;
    }
    const series = this.#options.create(values);
    step.series = series;
    this.#series.push(series);
    return series;
  }
}
