import { GatewayError, type JsonDocument } from "@llm-proxy/core";
import { servesEndpoint } from "@llm-proxy/core/passing";
import { askState } from "./_ask_state.ts";
import { readStoredId } from "./_stored_ids.ts";
import type { RequestContext } from "./endpoints.ts";
import { seesAll, tenantOf } from "./stored_owners.ts";

/** The members that are the id of a file, in any dialect. */
const NAMES: ReadonlySet<string> = new Set([
  "file_id",
  "fileUri",
  "file_uri",
]);
/** More files than these are in no conversation. */
const MAX_FILES = 200;

/**
 * Refuses a request that names another tenant's file (X2): a model would tell
 * what is in it. Files that were not made through the gateway are nobody's.
 *
 * @throws {GatewayError} 404 `not_found`; 400 where it names too many.
 */
export async function checkNamedFiles(
  { gateway, record }: RequestContext,
  { value }: JsonDocument,
): Promise<void> {
  const tenant = tenantOf(record);
  if (tenant === undefined || seesAll(record)) return;
  const ids = new Set<string>();
  collect(value, ids);
  if (ids.size === 0) return;
  const { owners } = gateway.parts;
  const able = gateway.providers.filter((it) => servesEndpoint(it, "files"));
  for (const text of ids) {
    const id = readStoredId(text)?.id;
    if (id === undefined) continue;
    for (const { name: provider } of able) {
      const owner = await askState(() => owners.ownerOf({ provider, id }));
      if (owner === undefined || owner === tenant) continue;
      throw new GatewayError(
        "not_found",
        `No such object: ${text.slice(0, 200)}`,
        {
          code: "not_found",
          param: "file_id",
        },
      );
    }
  }
}

/** The ids of files, wherever they stand. */
function collect(root: unknown, ids: Set<string>): void {
  // A list of its own: no text nests deeper than its parser lets it.
  const waiting: unknown[] = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== "object" || next === null) continue;
    for (const [name, value] of Object.entries(next)) {
      if (typeof value === "object") waiting.push(value);
      const named = NAMES.has(name)
        ? [value]
        : name === "file_ids" && Array.isArray(value)
        ? value
        : [];
      for (const id of named) if (typeof id === "string") ids.add(id);
      if (ids.size > MAX_FILES) throw tooMany();
    }
  }
}

function tooMany(): GatewayError {
  return new GatewayError(
    "invalid_request",
    `The request names more than ${MAX_FILES} files`,
    { code: "too_many_files", param: "file_id" },
  );
}
