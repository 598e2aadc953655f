import type { Buffer } from "node:buffer";
import type { RedisClient } from "./_redis_client.ts";
import {
  found,
  idBytes,
  rowKeys,
  rowOf,
  SCHEMA_KEY,
  storedCount,
  storedRow,
} from "./_redis_row.ts";
import { MOVE, PAGE, RAISE, VERSION_CHARS } from "./_redis_scripts.ts";
import { OWN_PART } from "./_state_batch.ts";
import { decodeKey, encodeRowKey } from "./_state_key.ts";
import { MAX_PAGE_BYTES } from "./_state_page.ts";
import { decodeValue, encodeValue } from "./_state_value.ts";
import { StateError } from "./state_error.ts";
import type { StateRow, StateSchema } from "./state_schema.ts";
import { newerSchema } from "./_newer_schema.ts";

/** How many rows are moved at the same time. */
const AT_ONCE = 50;

/**
 * Makes sure that what is stored has this schema, and moves what is older.
 *
 * @throws {StateError} when it has a newer one.
 */
export async function prepareRedis(
  client: RedisClient,
  schema: StateSchema,
): Promise<void> {
  const { version } = schema;
  // Told first: from here on older programs must not write.
  const newest = await client.run(RAISE, {
    keys: [SCHEMA_KEY],
    args: [version],
  });
  if (newest !== version) throw newerSchema(newest, version);
  for (let from = 1; from < version; from++) {
    for (const kind of ["c", "v"] as const) {
      while (await moveSome({ client, schema, from, kind }));
    }
  }
}

interface Move {
  readonly client: RedisClient;
  readonly schema: StateSchema;
  readonly from: number;
  readonly kind: "v" | "c";
}

/** Whether there were any. */
async function moveSome(move: Move): Promise<boolean> {
  const { client, schema, from, kind } = move;
  const old = rowKeys(from);
  const keys = [...old, ...rowKeys(schema.version)];
  const args = ["-", "+", AT_ONCE, MAX_PAGE_BYTES, kind];
  const rows = [...found(await client.run(PAGE, { keys: old, args }))];
  await Promise.all(rows.map(([id, row]) => {
    const moved = moveOf(move, id, row);
    const args = [kind, idBytes(id), row, idBytes(moved.id), moved.row];
    return client.run(MOVE, { keys, args });
  }));
  return rows.length > 0;
}

interface Moved {
  /** Empty where nothing becomes of it. */
  readonly id: string;
  readonly row: string | Uint8Array;
}

const GONE: Moved = { id: "", row: "" };

function moveOf({ schema, from, kind }: Move, id: string, row: Buffer): Moved {
  try {
    if (kind === "c") {
      const count = storedCount(row);
      const key = decodeKey(id);
      const moved = upgraded({ type: "count", key, count }, { schema, from });
      return moved?.type === "count"
        ? { id: encodeRowKey(moved.key), row: String(moved.count) }
        : GONE;
    }
    const stored = storedRow(id, row);
    const { key, version, deadline } = stored;
    const value = decodeValue(stored);
    const moved = upgraded({ type: "value", key, value }, { schema, from });
    if (moved?.type !== "value") return GONE;
    const bytes = rowOf(encodeValue(moved.value), deadline);
    const whole = new Uint8Array(VERSION_CHARS + bytes.length);
    new TextEncoder().encodeInto(version, whole);
    whole.set(bytes, VERSION_CHARS);
    return { id: encodeRowKey(moved.key), row: whole };
  } catch (error) {
    // Nobody could ever read it, and all others have to be moved.
    if (error instanceof StateError && error.code === "unreadable") return GONE;
    throw error;
  }
}

function upgraded(
  row: StateRow,
  { schema, from }: Pick<Move, "schema" | "from">,
): StateRow | undefined {
  const isOwn = row.key[0] === OWN_PART;
  return schema.upgrade && !isOwn ? schema.upgrade(row, from) : row;
}
