import { largest, numbersOf, smallest } from "./_schema_bounds.ts";
import type { Budget } from "./_schema_budget.ts";
import { type Choice, type Demand, resolveDemand } from "./_schema_demand.ts";
import { type FoldedSchema, foldSchemas } from "./_schema_fold.ts";
import { SchemaMatcher } from "./_schema_match.ts";
import { sampleNumber, sampleString } from "./_schema_scalars.ts";

/** How deep values, choices and references nest; what is deeper has no value. */
const MAX_DEPTH = 100;

/** How many values of an `enum` are tried. */
const MAX_VALUES = 100;

/** Where in schema and value the sampler is. */
interface Place {
  /** Schemas that references led to on the way here; `Demand` has the later ones. */
  readonly refs: readonly unknown[];
  readonly depth: number;
  /** Whether properties that are not required are left out. */
  readonly lean: boolean;
}

/** Makes one sample. Everywhere `undefined` says that there is no value. */
export class SchemaSampler {
  readonly #root: unknown;
  readonly #budget: Budget;
  readonly #matcher: SchemaMatcher;

  /** @param root The whole schema. */
  constructor(root: unknown, budget: Budget) {
    this.#root = root;
    this.#budget = budget;
    this.#matcher = new SchemaMatcher(root, budget);
  }

  /** A value for the whole schema; `lean` leaves out what is not required. */
  sample(lean: boolean): unknown {
    return this.#all([this.#root], { refs: [this.#root], depth: 0, lean });
  }

  #all(schemas: readonly unknown[], place: Place): unknown {
    return this.#meet(
      { known: [], pending: schemas, choices: [], refs: place.refs },
      { ...place, depth: place.depth + 1 },
    );
  }

  #meet(demand: Demand, place: Place): unknown {
    const met = resolveDemand(demand, {
      root: this.#root,
      budget: this.#budget,
    });
    if (met === undefined || place.depth + met.refs.length > MAX_DEPTH) {
      return undefined;
    }
    const [choice, ...choices] = met.choices;
    return choice === undefined
      ? this.#value(foldSchemas(met.known), { ...place, refs: met.refs })
      : this.#pick(choice, { ...met, choices }, place);
  }

  #pick(choice: Choice, demand: Demand, place: Place): unknown {
    const { branches, exclusive } = choice;
    const depth = place.depth + 1;
    let best: unknown;
    for (
      const lean of exclusive && !place.lean ? [false, true] : [place.lean]
    ) {
      for (const branch of branches) {
        const value = this.#meet(
          { ...demand, pending: [branch] },
          { ...place, depth, lean },
        );
        if (value === undefined) continue;
        if (!exclusive || this.#matcher.matches(value, { oneOf: branches })) {
          return value;
        }
        best ??= value;
      }
    }
    return best;
  }

  #value(schema: FoldedSchema, place: Place): unknown {
    if (!this.#budget.spend(schema.size)) return undefined;
    if (schema.values !== undefined) {
      const value = schema.values.slice(0, MAX_VALUES).find((value) =>
        schema.all.every((one) => this.#matcher.matches(value, one))
      );
      return this.#budget.spendValue(value) ? value : undefined;
    }
    for (const type of schema.types) {
      const value = this.#ofType(type, schema, place);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  #ofType(type: string, schema: FoldedSchema, place: Place): unknown {
    if (type === "array") return this.#array(schema, place);
    if (type === "object") return this.#object(schema, place);
    if (type === "null") return null;
    if (type === "boolean") return true;
    if (type !== "string") {
      return sampleNumber(schema.all, { integer: type === "integer" });
    }
    const text = sampleString(schema.all);
    return this.#budget.spendText(text ?? "") ? text : undefined;
  }

  #array({ all, prefix, items }: FoldedSchema, place: Place): unknown {
    const min = largest(numbersOf(all, "minItems"), 0);
    const max = smallest(numbersOf(all, "maxItems"), Infinity);
    const wanted = Math.min(Math.max(min, prefix.length, 1), max);
    const array: unknown[] = [];
    while (array.length < wanted) {
      const item = this.#all(prefix[array.length] ?? items, place);
      if (item === undefined) break;
      array.push(item);
    }
    return array.length >= min ? array : undefined;
  }

  #object(schema: FoldedSchema, place: Place): unknown {
    const { properties, required, additional } = schema;
    const entries: [string, unknown][] = [];
    for (const key of new Set([...properties.keys(), ...required])) {
      const optional = !required.has(key);
      if (optional && place.lean) continue;
      if (!this.#budget.spendText(key)) return undefined;
      const value = this.#all(properties.get(key) ?? additional, place);
      if (value !== undefined) entries.push([key, value]);
      else if (!optional) return undefined;
    }
    // Defines own properties, whatever their names.
    return Object.fromEntries(entries);
  }
}
