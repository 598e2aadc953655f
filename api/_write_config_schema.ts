/**
 * Writes `config.schema.json` beside this file; the task `schema` runs it.
 *
 * @module
 */
import { configSchemaText } from "./config_json_schema.ts";

if (import.meta.main) {
  const file = new URL("./config.schema.json", import.meta.url);
  await Deno.writeTextFile(file, configSchemaText());
}
