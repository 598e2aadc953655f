import type { Step } from "./_config_path.ts";
import { configJsonSchema } from "./config_json_schema.ts";

/** A key of the schema and the maps that hold it. */
export interface KeyIndex {
  /** The keys of the map at a path; empty where they are free. */
  keysAt(path: readonly Step[]): readonly string[];
  /** Key to the maps that hold it, for example `server` or `providers[]`; the whole file is "". */
  readonly owners: ReadonlyMap<string, readonly string[]>;
}

let index: KeyIndex | undefined;

/** All keys of the schema. Made at the first fault: a good file never needs it. */
export function keyIndex(): KeyIndex {
  if (index !== undefined) return index;
  const root = configJsonSchema();
  const owners = new Map<string, string[]>();
  collect(root, "", owners);
  index = { keysAt: (path) => Object.keys(propertiesAt(root, path)), owners };
  return index;
}

type Json = Readonly<Record<string, unknown>>;

function propertiesAt(root: Json, path: readonly Step[]): Json {
  let schema: Json | undefined = mapOf(root);
  for (const step of path) {
    const next: unknown = typeof step === "number"
      ? schema?.items
      : property(schema, String(step));
    schema = mapOf(next);
  }
  return asJson(schema?.properties) ?? {};
}

function property(schema: Json | undefined, name: string): unknown {
  const properties = asJson(schema?.properties);
  return properties !== undefined && Object.hasOwn(properties, name)
    ? properties[name]
    : schema?.additionalProperties;
}

function collect(
  schema: Json,
  owner: string,
  owners: Map<string, string[]>,
): void {
  for (const [key, value] of Object.entries(asJson(schema.properties) ?? {})) {
    owners.set(key, [...owners.get(key) ?? [], owner]);
    const path = owner === "" ? key : `${owner}.${key}`;
    const inner = mapOf(value);
    const items = mapOf(inner?.items);
    if (items !== undefined) collect(items, `${path}[]`, owners);
    else if (inner !== undefined) collect(inner, path, owners);
  }
}

/** The schema itself, or the one of its alternatives that is a map or a list. */
function mapOf(schema: unknown): Json | undefined {
  const json = asJson(schema);
  if (json === undefined || !Array.isArray(json.anyOf)) return json;
  return json.anyOf.map(asJson).find((it) => it?.type === "object");
}

function asJson(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Json
    : undefined;
}
