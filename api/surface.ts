import type { GatewayError } from "@llm-proxy/core";
import type { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { dispatch, type Route } from "./dispatch.ts";
import type { Exchange } from "./exchange.ts";
import type { Gateway } from "./gateway.ts";
import { routeFor } from "./gemini_routes.ts";
import { NodeExchange } from "./node_exchange.ts";
import type { Router } from "./_router.ts";
import { unknownRoute } from "./_unknown_route.ts";
import { UpgradeExchange } from "./upgrade_exchange.ts";

/**
 * What a listener serves.
 *
 * @example An app is one, and has another for admins
 * ```ts
 * import { createApp, defaultConfig, type Surface } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const app = createApp(defaultConfig());
 * const admin: Surface = app.admin;
 * const { status } = await admin.fetch(new Request("http://localhost/admin/keys"));
 * assertEquals(status, 401);
 * await app.close();
 * ```
 */
export interface Surface {
  /** Answers a request of `Deno.serve`, `deno serve` or a worker. */
  fetch(request: Request): Promise<Response>;
  /** Answers a request of `node:http`: the cheaper way, and the service's own. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): void;
  /** Serves a request to change over to WebSocket; gives what ends the session. */
  upgrade(
    incoming: IncomingMessage,
    socket: Socket,
    head: Buffer,
  ): (error: GatewayError) => void;
}

/** How a {@linkcode Surface} finds its way. */
export interface SurfaceOptions {
  /** The gateway for a request that begins. */
  readonly current: () => Gateway;
  /** Finds routes whose paths end in a verb. @default {there are none} */
  readonly findVerb?: ((path: string) => Route | undefined) | undefined;
  /** Whether it is for admins, what it does not know included. @default {false} */
  readonly isAdmin?: boolean;
}

/** Serves routes, and answers what none of them is for. */
export function makeSurface(
  routes: readonly Route[],
  options: SurfaceOptions,
): Surface {
  const { current, findVerb = () => undefined } = options;
  // A request that is spelled as its route is needs no router, whose objects
  // cost as much as all else that is done for it.
  const exact: ReadonlyMap<string, Route> = new Map(
    routes.filter(({ path }) => !/[*:]/.test(path)).map((route) => [
      `${route.method} ${route.path}`,
      route,
    ]),
  );
  let router: Router | undefined;
  // Loaded by the first that needs it: most requests are spelled as routes are.
  const obtain = async (): Promise<Router> => {
    const { makeRouter } = await import("./_router.ts");
    return router ??= makeRouter(routes, options);
  };
  /** Tells of what can't be loaded; the next request tries again. */
  const fail = (exchange: Exchange, error: unknown): void => {
    const route = unknownRoute(exchange.path, options);
    const handle = (): never => {
      throw error;
    };
    void dispatch({ ...route, handle }, { gateway: current(), exchange });
  };
  const handOver = async (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    path: string,
  ): Promise<void> => {
    try {
      await (router ?? await obtain()).handle(incoming, outgoing);
    } catch (error) {
      fail(new NodeExchange(incoming, outgoing, path), error);
    }
  };
  const fetch = async (request: Request): Promise<Response> => {
    try {
      return await (router ?? await obtain()).fetch(request);
    } catch (error) {
      const web = await import("./web_exchange.ts");
      const { pathname } = new URL(request.url);
      const exchange = new web.WebExchange(request, pathname);
      fail(exchange, error);
      return await exchange.response;
    }
  };
  return {
    fetch,
    handle(incoming, outgoing) {
      const { method, url = "" } = incoming;
      const route = exact.get(`${method} ${url}`);
      const [path = ""] = route === undefined
        ? url.split("?", 1)
        : [route.path];
      const found = route ?? (method === "POST" ? findVerb(path) : undefined);
      if (found === undefined) return void handOver(incoming, outgoing, path);
      const exchange = new NodeExchange(incoming, outgoing, path);
      const gateway = current();
      void dispatch(routeFor(found, exchange), { gateway, exchange });
    },
    upgrade(incoming, socket, head) {
      const exchange = new UpgradeExchange(incoming, socket, head);
      const route = exact.get(`GET ${exchange.path}`) ??
        unknownRoute(exchange.path, options);
      void dispatch(route, { gateway: current(), exchange });
      return exchange.interrupt;
    },
  };
}
