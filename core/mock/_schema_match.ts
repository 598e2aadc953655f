import { isObject, type JsonObject } from "./_json_fields.ts";
import type { Budget } from "./_schema_budget.ts";
import { matchesLength, matchesNumber, matchesType } from "./_schema_check.ts";
import { resolveRef } from "./_schema_ref.ts";

/** How deep schemas and references nest; then the check says no. */
const MAX_DEPTH = 100;

/**
 * Checks values that were made for a schema. `enum` and `const` want the
 * schema's own value, not an equal one; `pattern`, `format`, `uniqueItems` and
 * conditions are not looked at.
 */
export class SchemaMatcher {
  readonly #root: unknown;
  readonly #budget: Budget;

  /** @param root Where references are looked up. */
  constructor(root: unknown, budget: Budget) {
    this.#root = root;
    this.#budget = budget;
  }

  /** Whether a value is valid; `false` too when the budget is spent. */
  matches(value: unknown, schema: unknown): boolean {
    return this.#matches(value, schema, 0);
  }

  #matches(value: unknown, schema: unknown, depth: number): boolean {
    if (schema === false) return false;
    if (!isObject(schema)) return true;
    const paid = typeof value === "string"
      ? this.#budget.spendText(value)
      : this.#budget.spend(1);
    if (!paid || depth > MAX_DEPTH) return false;
    return matchesType(value, schema) && this.#isListed(value, schema) &&
      this.#isComposed(value, schema, depth + 1) &&
      (typeof value !== "number" || matchesNumber(value, schema)) &&
      (typeof value !== "string" || matchesLength(value, schema)) &&
      (!Array.isArray(value) || this.#isArray(value, schema, depth + 1)) &&
      (!isObject(value) || this.#isObject(value, schema, depth + 1));
  }

  #isListed(value: unknown, schema: JsonObject): boolean {
    if ("const" in schema && schema["const"] !== value) return false;
    const values = schema["enum"];
    if (!Array.isArray(values)) return true;
    const at = values.indexOf(value);
    if (!this.#budget.spend(at < 0 ? values.length : at)) return false;
    return at >= 0 || (value === null && schema["nullable"] === true);
  }

  #isComposed(value: unknown, schema: JsonObject, depth: number): boolean {
    const matches = (one: unknown): boolean => this.#matches(value, one, depth);
    const { $ref, allOf, anyOf, oneOf, not } = schema;
    if (typeof $ref === "string") {
      if (!this.#budget.spendText($ref)) return false;
      const target = resolveRef(this.#root, $ref);
      if (target === undefined || !matches(target)) return false;
    }
    return (!Array.isArray(allOf) || allOf.every(matches)) &&
      (!Array.isArray(anyOf) || anyOf.some(matches)) &&
      (!Array.isArray(oneOf) || oneOf.filter(matches).length === 1) &&
      (not === undefined || !matches(not));
  }

  #isArray(
    value: readonly unknown[],
    schema: JsonObject,
    depth: number,
  ): boolean {
    const { minItems, maxItems, prefixItems, items } = schema;
    if (typeof minItems === "number" && value.length < minItems) return false;
    if (typeof maxItems === "number" && value.length > maxItems) return false;
    const places = prefixItems ?? items;
    const prefix: readonly unknown[] = Array.isArray(places) ? places : [];
    return value.every((item, i) =>
      this.#matches(item, i < prefix.length ? prefix[i] : items, depth)
    );
  }

  #isObject(value: JsonObject, schema: JsonObject, depth: number): boolean {
    const { properties, required, additionalProperties } = schema;
    if (Array.isArray(required)) {
      if (!this.#budget.spend(required.length)) return false;
      const has = (key: unknown): boolean =>
        typeof key !== "string" || Object.hasOwn(value, key);
      if (!required.every(has)) return false;
    }
    return Object.entries(value).every(([key, one]) => {
      const named = isObject(properties) && Object.hasOwn(properties, key);
      const own = named ? properties[key] : additionalProperties;
      return this.#matches(one, own, depth);
    });
  }
}
