import { KvLayout } from "./_kv_layout.ts";
import { newerSchema } from "./_newer_schema.ts";
import type { StateSchema } from "./state_schema.ts";
import { KvUpgrade } from "./_kv_upgrade.ts";

/** Where the newest version that ever wrote is kept. */
const SCHEMA_KEY = ["schema"];

/**
 * Makes sure that what is stored has this schema.
 *
 * @throws {StateError} when it has a newer one.
 */
export async function prepareSchema(
  kv: Deno.Kv,
  schema: StateSchema,
): Promise<KvLayout> {
  const { version } = schema;
  const layout = new KvLayout(version);
  for (;;) {
    const stored = await kv.get(SCHEMA_KEY);
    const newest = stored.value ?? 0;
    if (newest === version) break;
    if (typeof newest !== "number" || newest > version) {
      throw newerSchema(newest, version);
    }
    // Told first: from here on older programs must not write.
    await kv.atomic().check(stored).set(SCHEMA_KEY, version).commit();
  }
  await new KvUpgrade(kv, layout, schema).run();
  return layout;
}
