import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Cluster, Redis } from "ioredis";
import { inTime } from "./_in_time.ts";
import { isReply, redisStateError, replyCode } from "./_redis_error.ts";
import { StateError } from "./state_error.ts";

/** Where a server of Redis or Valkey is, or any one of a cluster. */
export interface RedisRemote {
  /** `redis://host:6379/0`, or `rediss://…` over TLS; a user name may be in it. */
  readonly url: string;
  readonly password: string | undefined;
  /** How long connecting may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** How long a server may take to say good-bye. */
const DISCONNECT_MS = 500;

/** What a script is run with. */
export interface RedisScriptCall {
  readonly keys: readonly string[];
  readonly args: readonly (string | number | Uint8Array)[];
}

/** A connection to the servers, which is not made again once it is lost. */
export class RedisClient {
  readonly #connection: Redis | Cluster;

  constructor(connection: Redis | Cluster) {
    this.#connection = connection;
  }

  /** Makes a call; texts come back as bytes. */
  call(
    name: string,
    args: readonly (string | number | Uint8Array)[],
  ): Promise<unknown> {
    return this.#connection.callBuffer(name, args.map(asArgument));
  }

  /** Runs a script, which is sent only where the server does not have it yet. */
  async run(
    script: string,
    { keys, args }: RedisScriptCall,
  ): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args];
    try {
      return await this.call("EVALSHA", [digestOf(script), ...rest]);
    } catch (error) {
      if (!isReply(error) || replyCode(error) !== "NOSCRIPT") throw error;
      return await this.call("EVAL", [script, ...rest]);
    }
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    await end(this.#connection);
  }
}

/**
 * Connects to a server, and to all of its cluster where it is in one.
 *
 * @throws {StateError} when it does not answer, does not want us, or would
 * throw away what it is given.
 */
export async function connectRedis(remote: RedisRemote): Promise<RedisClient> {
  const { timeoutMs } = remote;
  const attempt: Attempt = { connections: [] };
  try {
    return await inTime(connect(remote, attempt), {
      ms: timeoutMs,
      late: () => {
        throw new StateError(
          "unavailable",
          `The state did not answer within ${timeoutMs} ms`,
        );
      },
    });
  } catch (error) {
    await Promise.all(attempt.connections.map(end));
    const isOwn = error instanceof StateError || isReply(error);
    throw redisStateError(isOwn ? error : attempt.fault ?? error, false);
  }
}

/** What was begun, and what went wrong first: the client throws what came of it. */
interface Attempt {
  readonly connections: (Redis | Cluster)[];
  fault?: Error;
}

async function connect(
  remote: RedisRemote,
  attempt: Attempt,
): Promise<RedisClient> {
  const ioredis = await import("ioredis");
  const options = optionsOf(remote);
  const single = keep(new ioredis.Redis(options), attempt);
  await single.connect();
  const { isCluster, evicts } = await look(single);
  if (evicts !== undefined) throw evicting(evicts);
  if (!isCluster) return new RedisClient(single);
  await end(single);
  const { host, port } = options;
  const cluster = keep(
    new ioredis.Cluster([{ host, port }], clusterOptions(options)),
    attempt,
  );
  await cluster.connect();
  return new RedisClient(cluster);
}

/** Ends a connection, unless it is over. */
async function end(connection: Redis | Cluster): Promise<void> {
  if (connection.status === "end") return;
  const ended = new Promise((resolve) => connection.once("end", resolve));
  connection.disconnect();
  await inTime(ended, { ms: 2 * DISCONNECT_MS, late: () => {} });
}

/** One that fails while it is not looked at must not end the process. */
function keep<C extends Redis | Cluster>(
  connection: C,
  attempt: Attempt,
): C {
  connection.on("error", (error: Error) => void (attempt.fault ??= error));
  attempt.connections.push(connection);
  return connection;
}

/**
 * Nothing is made again or kept back by the client itself: a lost connection is
 * made anew, and what waits is written, by whoever manages the store.
 */
function optionsOf({ url, password, timeoutMs }: RedisRemote) {
  const { protocol, hostname, port, username, pathname } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || 6379),
    db: Number(pathname.slice(1) || 0),
    ...username !== "" && { username: decodeURIComponent(username) },
    ...password !== undefined && { password },
    ...protocol === "rediss:" && { tls: {} },
    // What Valkey, proxies and old servers speak as well.
    protocol: 2 as const,
    connectTimeout: timeoutMs,
    disconnectTimeout: DISCONNECT_MS,
    connectionName: "llm-proxy",
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  };
}

function clusterOptions(options: ReturnType<typeof optionsOf>) {
  const { host: _host, port: _port, db: _db, ...redisOptions } = options;
  return {
    redisOptions,
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    // A write whose answer is missing must not be made again unseen.
    retryDelayOnFailover: 0,
    slotsRefreshTimeout: options.connectTimeout,
    clusterRetryStrategy: () => null,
    // A certificate is for a name, and not for the address behind it.
    ...options.tls && {
      dnsLookup: (
        name: string,
        found: (error: null, address: string) => void,
      ) => found(null, name),
    },
  };
}

/** What is to be known of a server; one that does not tell is taken as it is. */
async function look(
  single: Redis,
): Promise<{ readonly isCluster: boolean; readonly evicts?: string }> {
  try {
    const told = await single.info();
    const [, policy = ""] = /^maxmemory_policy:(\S+)/m.exec(told) ?? [];
    return {
      isCluster: /^cluster_enabled:1/m.test(told),
      ...policy.startsWith("allkeys") && !/^maxmemory:0\s/m.test(told) &&
        { evicts: policy },
    };
  } catch (error) {
    if (isReply(error) && replyCode(error) === "NOPERM") {
      return { isCluster: false };
    }
    throw error;
  }
}

function evicting(policy: string): StateError {
  return new StateError(
    "unavailable",
    `The Redis server throws keys away when its memory is full (maxmemory-policy ${policy}): set it to noeviction`,
  );
}

function asArgument(
  argument: string | number | Uint8Array,
): string | number | Buffer {
  return argument instanceof Uint8Array
    ? Buffer.from(argument.buffer, argument.byteOffset, argument.byteLength)
    : argument;
}

const digests = new Map<string, string>();

/** There are as many as there are scripts. */
function digestOf(script: string): string {
  let digest = digests.get(script);
  if (digest === undefined) {
    digest = createHash("sha1").update(script).digest("hex");
    digests.set(script, digest);
  }
  return digest;
}
