/**
 * Writes `config.schema.json` and `config.defaults.json` beside this file; the
 * task `schema` runs it.
 *
 * @module
 */
import { configDefaultsText } from "./_config_defaults.ts";
import { configSchemaText } from "./config_json_schema.ts";

if (import.meta.main) {
  const files = {
    "./config.schema.json": configSchemaText(),
    "./config.defaults.json": configDefaultsText(),
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(new URL(name, import.meta.url), text);
  }
}
