import { Budget } from "./_schema_budget.ts";
import { SchemaMatcher } from "./_schema_match.ts";
import { SchemaSampler } from "./_schema_sampler.ts";

/** What one sample may cost, in steps of {@linkcode Budget}. */
const MAX_STEPS = 50_000;

/**
 * Makes a value that is valid for a JSON Schema, always the same for the same
 * schema: all properties set, one item in an array unless more are asked for,
 * recursion cut off at the first return.
 *
 * Understood are `type` (lists too), `enum`, `const`, `nullable`, `$ref` within
 * the schema, `allOf`, `anyOf`, `oneOf`, the bounds of numbers, strings and
 * arrays, `format`, `items`, `prefixItems`, `properties`, `required` and
 * `additionalProperties`. `pattern`, `uniqueItems`, `not` and conditions are
 * not: a value may break them. A sample has a bounded size, whatever the schema.
 *
 * @returns The value, which may share parts with the schema; `null` where the
 * schema allows none.
 *
 * @example Arguments for a tool
 * ```ts
 * import { schemaSample } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const schema = {
 *   type: "object",
 *   properties: {
 *     city: { type: "string" },
 *     unit: { enum: ["celsius", "fahrenheit"] },
 *   },
 *   required: ["city"],
 * };
 * assertEquals(schemaSample(schema), { city: "text", unit: "celsius" });
 * ```
 */
export function schemaSample(schema: unknown): unknown {
  let best: unknown;
  // Optional properties can break `oneOf` and closed objects: then without them.
  for (const lean of [false, true]) {
    const value = new SchemaSampler(schema, new Budget(MAX_STEPS)).sample(lean);
    if (value === undefined) continue;
    const matcher = new SchemaMatcher(schema, new Budget(MAX_STEPS));
    if (matcher.matches(value, schema)) return value;
    best ??= value;
  }
  return best ?? null;
}
