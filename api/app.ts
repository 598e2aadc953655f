import type { CacheAdapter, OpenStateStore } from "@llm-proxy/context";
import type { Provider } from "@llm-proxy/core";
import { loadDialects } from "@llm-proxy/core/lazy";
import {
  type Logger,
  type Redactor,
  StructuredLogger,
} from "@llm-proxy/logging";
import { ADMIN_ROUTES } from "./admin_routes.ts";
import type { Config } from "./config_types.ts";
import { heldBodies, mostHeldBytes } from "./_held_bodies.ts";
import { Gateway } from "./gateway.ts";
import type { GatewayControls } from "./gateway_controls.ts";
import { findVerb } from "./gemini_routes.ts";
import { PUBLIC_ROUTES } from "./public_routes.ts";
import { makeSurface, type Surface } from "./surface.ts";

/** What an app may be given besides its config. */
export interface AppOptions {
  /** Where it logs. @default {a logger of warnings to standard output} */
  readonly logger?: Logger;
  /**
   * What takes secrets out of the log: those of the config are registered with
   * it, and the last requests, metrics and spans go through it too.
   *
   * @default {one of its own}
   */
  readonly redactor?: Redactor;
  /** How its config is read again. @default {it is not} */
  readonly controls?: GatewayControls;
  /**
   * Where it keeps what a restart must not lose. It is not closed with the app:
   * close it after that.
   *
   * @default {memory}
   */
  readonly state?: OpenStateStore;
  /** A directory on a local disk for the ledger's journal. @default {none: rows need `ledger.enabled`, and the last ones end with the process} */
  readonly directory?: string | undefined;
  /** What answers are kept in, closed with the app. @default {the built-in cache} */
  readonly cache?: CacheAdapter<unknown> | undefined;
}

/** A gateway, ready to be listened for. */
export interface App extends Surface {
  /** What admins are served, for a listener of its own: see `server.admin`. */
  readonly admin: Surface;
  /** The providers that are on, by name. */
  readonly providers: readonly string[];
  /**
   * Puts another config in force for the requests that begin from now on; those
   * that run keep the one with which they began. Counts, limits, breakers and
   * connections to unchanged providers carry over.
   *
   * @throws {TypeError} when the config cannot be; the old one stays in force.
   */
  reload(config: Config): void;
  /** Says at `/health/ready` that nothing more should come; what comes is served. */
  drain(): void;
  /** Loads beforehand what the first requests would wait for: the price table, where a provider may be in it, and the providers' dialects. */
  warm(): Promise<void>;
  /** Closes every connection to providers, those in use included. */
  close(): Promise<void>;
}

/**
 * Makes a gateway from its config.
 *
 * @throws {RangeError} when the secrets of the config have more than 1,048,576
 * characters in all, which is more than can be kept out of logs and metrics.
 *
 * @example An answer without a network
 * ```ts
 * import { createApp, defaultConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const app = createApp(defaultConfig());
 * const response = await app.fetch(
 *   new Request("http://localhost/v1/chat/completions", {
 *     method: "POST",
 *     headers: { "content-type": "application/json" },
 *     body: JSON.stringify({
 *       model: "mock/echo",
 *       messages: [{ role: "user", content: "ping 42" }],
 *     }),
 *   }),
 * );
 * const answer = await response.json();
 * assertEquals(answer.choices[0].message.content, "ping 42");
 * await app.close();
 * ```
 */
export function createApp(config: Config, options: AppOptions = {}): App {
  const logger = options.logger ?? new StructuredLogger({ level: "warn" });
  let gateway = new Gateway(config, { ...options, logger });
  const bound = ({ config, memory }: Gateway): void => {
    heldBodies.maxBytes = mostHeldBytes(config.server, memory.reading.limit);
  };
  bound(gateway);
  gateway.selections.onPriorities = () => {
    gateway = gateway.next(gateway.config);
  };
  const current = (): Gateway => gateway;
  const surface = makeSurface(PUBLIC_ROUTES, { current, findVerb });
  let admin: Surface | undefined;
  return {
    ...surface,
    get admin() {
      return admin ??= makeSurface(ADMIN_ROUTES, { current, isAdmin: true });
    },
    providers: gateway.providers.map(({ name }) => name),
    reload(config) {
      gateway = gateway.next(config);
      bound(gateway);
    },
    async warm() {
      await Promise.all([
        gateway.accounts.warm(gateway.providers),
        ...gateway.providers.map(warmDialects),
      ]);
    },
    drain() {
      gateway.drain();
    },
    async close() {
      await gateway.metrics.telemetry.close();
      await gateway.close();
      await gateway.limits.close();
      if (options.logger === undefined) await logger.close?.();
    },
  };
}

/** Loads a provider's dialects; where that fails, a request that needs them is told why. */
async function warmDialects(provider: Provider): Promise<void> {
  await loadDialects({ provider, model: "" })?.catch(() => {});
}
