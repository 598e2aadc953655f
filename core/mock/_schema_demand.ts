import { isObject, type JsonObject } from "./_json_fields.ts";
import type { Budget } from "./_schema_budget.ts";
import { resolveRef } from "./_schema_ref.ts";

/** A list of schemas of which one is to be picked. */
export interface Choice {
  readonly branches: readonly unknown[];
  /** Whether the others must not match. */
  readonly exclusive: boolean;
}

/** What one value must be valid for, as far as it is known. */
export interface Demand {
  readonly known: readonly JsonObject[];
  /** Schemas whose references and compositions are yet to be resolved. */
  readonly pending: readonly unknown[];
  readonly choices: readonly Choice[];
  /** Schemas that references led to, on the way from the root. */
  readonly refs: readonly unknown[];
}

/** How many references lead into each other. */
const MAX_REFS = 100;

/**
 * Resolves references and `allOf` until nothing is pending; choices are left.
 * `undefined` where no value can do: a `false` schema, a reference to nothing
 * or back to where it came from, or a spent budget.
 */
export function resolveDemand(
  demand: Demand,
  { root, budget }: { readonly root: unknown; readonly budget: Budget },
): Demand | undefined {
  // What is copied is paid for, a sixteenth of a step each.
  if (!budget.spend(demand.known.length >> 4)) return undefined;
  const known = [...demand.known];
  const pending = [...demand.pending];
  const choices = [...demand.choices];
  const refs = [...demand.refs];
  // Grows while it is walked through.
  for (const schema of pending) {
    if (!budget.spend(1) || schema === false) return undefined;
    if (!isObject(schema)) continue;
    known.push(schema);
    const { $ref, allOf, anyOf, oneOf } = schema;
    if (typeof $ref === "string") {
      if (!budget.spendText($ref) || refs.length > MAX_REFS) return undefined;
      const target = resolveRef(root, $ref);
      if (target === undefined || refs.includes(target)) return undefined;
      refs.push(target);
      pending.push(target);
    }
    if (Array.isArray(allOf)) { for (const one of allOf) pending.push(one); }
    if (Array.isArray(anyOf)) {
      choices.push({ branches: anyOf, exclusive: false });
    }
    if (Array.isArray(oneOf)) {
      choices.push({ branches: oneOf, exclusive: true });
    }
  }
  return { known, pending: [], choices, refs };
}
