import { KvCalls } from "./_kv_calls.ts";
import { connectRedis } from "./_redis_client.ts";
import { redisStateError } from "./_redis_error.ts";
import { prepareRedis } from "./_redis_schema.ts";
import { RedisStateStore } from "./_redis_state_store.ts";
import type { StateSchema } from "./state_schema.ts";

/** Where a state in Redis is. */
export interface RedisLocation {
  readonly url: string;
  readonly password?: string | undefined;
}

/** How it is opened. */
export interface OpenRedisOptions {
  readonly schema: StateSchema;
  readonly timeoutMs: number;
  readonly sweepEveryMs: number;
  readonly now: () => number;
  readonly random: () => number;
}

/**
 * Opens a state in Redis.
 *
 * @throws {StateError} when it cannot be had, or a newer program wrote it.
 */
export async function openRedis(
  { url, password }: RedisLocation,
  options: OpenRedisOptions,
): Promise<RedisStateStore> {
  const { timeoutMs, random, schema } = options;
  const client = await connectRedis({ url, password, timeoutMs });
  const explain = redisStateError;
  const calls = new KvCalls({ timeoutMs, random, explain });
  try {
    await calls.write(() => prepareRedis(client, schema));
    return new RedisStateStore({
      ...options,
      client,
      calls,
      version: schema.version,
    });
  } catch (error) {
    await client.close();
    throw error;
  }
}
