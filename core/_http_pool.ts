import { clearTimeout, setTimeout } from "node:timers";
import { Connection, type ConnectionKeeper } from "./_http_connection.ts";
import type { DialSettings } from "./_http_dial.ts";
import { upstreamFault } from "./_http_errors.ts";
import type { HttpTarget } from "./_http_head.ts";
import type { UpstreamError } from "./errors.ts";

/** How many requests may wait for a connection; further ones are refused. */
const MAX_WAITING = 4_096;

/** A request that wants, or has, a connection. */
export interface ConnectionUser {
  /** Whether only a connection that has carried no request will do. */
  readonly fresh: boolean;
  /** It must wait, for one to be free or for one that is being made. */
  waits(phase: "queue" | "connect"): void;
  /** Here it is; it stands. */
  connected(connection: Connection): void;
  /** It is closed, or none could be had, for which `error` then is the reason. */
  disconnected(error: UpstreamError | undefined): void;
}

/** Bounds of a pool. */
export interface PoolLimits {
  readonly maxConnections: number;
  readonly maxIdle: number;
  /** How long an idle connection is kept, in milliseconds. */
  readonly keepAlive: number;
  /** How long any connection is given requests, in milliseconds. */
  readonly maxAge: number;
}

/**
 * The connections to one origin.
 *
 * The agent of `node:http` is not used, for in Deno it sends a request on a
 * reused connection again whenever that connection closes before the head of
 * the answer, even where this side closed it: each caller who leaves early
 * would buy a second answer (U15, L1).
 */
export class ConnectionPool implements ConnectionKeeper {
  readonly #target: HttpTarget;
  readonly #limits: PoolLimits;
  readonly #dialing: DialSettings;
  readonly #users = new Map<Connection, ConnectionUser | undefined>();
  readonly #idle: Connection[] = [];
  readonly #waiting = new Set<ConnectionUser>();
  #sweeper: ReturnType<typeof setTimeout> | undefined;
  #retired = false;
  #closed = false;

  /** Opens nothing yet. */
  constructor(
    target: HttpTarget,
    options: { readonly limits: PoolLimits; readonly dialing: DialSettings },
  ) {
    this.#target = target;
    this.#limits = options.limits;
    this.#dialing = options.dialing;
  }

  /** Whether requests to `target` may go over these connections. */
  serves(target: HttpTarget): boolean {
    return target.origin === this.#target.origin;
  }

  /** Gets `user` a connection: the one idle for the shortest time, a new one, or the next to be freed. */
  acquire(user: ConnectionUser): void {
    if (this.#closed) {
      return user.disconnected(upstreamFault("upstream_transport_closed"));
    }
    if (!user.fresh) {
      const now = performance.now();
      for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
        if (idle.usable && idle.idleUntil > now) {
          return this.#give(idle, user, now);
        }
        idle.destroy();
      }
    }
    if (this.#users.size >= this.#limits.maxConnections) {
      // Only a user who wants a fresh one comes here while others are idle.
      this.#idle[0]?.destroy();
    }
    if (this.#users.size < this.#limits.maxConnections) return this.#open(user);
    if (this.#waiting.size >= MAX_WAITING) {
      return user.disconnected(upstreamFault("upstream_pool_exhausted"));
    }
    this.#waiting.add(user);
    user.waits("queue");
  }

  /** Takes `user` out of the queue, or gives up the connection that is being opened for it. */
  withdraw(user: ConnectionUser): void {
    if (this.#waiting.delete(user)) return;
    for (const [connection, its] of this.#users) {
      if (its !== user) continue;
      this.#users.set(connection, undefined);
      return connection.destroy();
    }
  }

  /** How many connections there are. */
  get size(): number {
    return this.#users.size;
  }

  /** How many requests wait for one. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Keeps no connection without a request from now on. */
  retire(): void {
    this.#retired = true;
    for (const connection of [...this.#idle]) connection.destroy();
  }

  /** Closes every connection and refuses further use. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#sweeper);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    const users = [...this.#users];
    for (const [connection, user] of users) {
      this.#users.set(connection, undefined);
      connection.destroy();
      if (user !== undefined) waiting.push(user);
    }
    for (const user of waiting) {
      user.disconnected(upstreamFault("upstream_transport_closed"));
    }
  }

  opened(connection: Connection): void {
    const user = this.#users.get(connection);
    if (user === undefined) return connection.destroy();
    const now = performance.now();
    connection.retireAt = now + this.#limits.maxAge;
    this.#give(connection, user, now);
  }

  freed(connection: Connection): void {
    this.#users.set(connection, undefined);
    const now = performance.now();
    // Its end makes room for one to where the name leads by now.
    if (!connection.usable || connection.retireAt <= now) {
      return connection.destroy();
    }
    const [next] = this.#waiting;
    if (next !== undefined) {
      // Its end makes room for the fresh one.
      if (next.fresh) return connection.destroy();
      this.#waiting.delete(next);
      return this.#give(connection, next, now);
    }
    const room = this.#idle.length < this.#limits.maxIdle && !this.#retired;
    if (!room || connection.keepMs <= 0) return connection.destroy();
    connection.rest(now);
    this.#idle.push(connection);
    this.#armSweeper(connection.idleUntil - now);
  }

  closed(connection: Connection, error: UpstreamError | undefined): void {
    const user = this.#users.get(connection);
    this.#users.delete(connection);
    const place = this.#idle.indexOf(connection);
    if (place !== -1) this.#idle.splice(place, 1);
    user?.disconnected(error);
    const [next] = this.#waiting;
    if (next === undefined) return;
    if (this.#users.size >= this.#limits.maxConnections) return;
    this.#waiting.delete(next);
    this.#open(next);
  }

  #give(connection: Connection, user: ConnectionUser, now: number): void {
    this.#users.set(connection, user);
    connection.begin(now);
    user.connected(connection);
  }

  #open(user: ConnectionUser): void {
    const connection = new Connection(this.#target, {
      keeper: this,
      keepMs: this.#limits.keepAlive,
      dialing: this.#dialing,
    });
    this.#users.set(connection, user);
    user.waits("connect");
  }

  #armSweeper(delay: number): void {
    if (this.#sweeper !== undefined) return;
    this.#sweeper = setTimeout(() => this.#sweep(), delay);
    this.#sweeper.unref();
  }

  #sweep(): void {
    this.#sweeper = undefined;
    const now = performance.now();
    let next = Infinity;
    for (const connection of [...this.#idle]) {
      if (connection.idleUntil <= now) connection.destroy();
      else next = Math.min(next, connection.idleUntil - now);
    }
    if (next !== Infinity) this.#armSweeper(Math.max(next, 10));
  }
}
