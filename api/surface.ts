import { type Context, Hono } from "@hono/hono";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { GatewayError } from "@llm-proxy/core";
import type { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { dispatch, type Route } from "./dispatch.ts";
import type { Gateway } from "./gateway.ts";
import { routeFor, VERB_PATHS } from "./gemini_routes.ts";
import { NodeExchange } from "./node_exchange.ts";
import { noRoute, withOtherBase } from "./no_route.ts";
import { UpgradeExchange } from "./upgrade_exchange.ts";
import { WebExchange } from "./web_exchange.ts";

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

/** What `node:http` hands to a handler; absent under `fetch`. */
type Bindings = {
  Bindings: { incoming?: IncomingMessage; outgoing?: ServerResponse };
};

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
  const router = makeRouter(routes, options);
  const listener = getRequestListener(
    (request, env) => router.fetch(request, env),
    { overrideGlobalObjects: false },
  );
  return {
    fetch: async (request) => await router.fetch(request),
    handle(incoming, outgoing) {
      const { method, url = "" } = incoming;
      const route = exact.get(`${method} ${url}`);
      const [path = ""] = route === undefined
        ? url.split("?", 1)
        : [route.path];
      const found = route ?? (method === "POST" ? findVerb(path) : undefined);
      if (found === undefined) return void listener(incoming, outgoing);
      const exchange = new NodeExchange(incoming, outgoing, path);
      const gateway = current();
      void dispatch(routeFor(found, exchange), { gateway, exchange });
    },
    upgrade(incoming, socket, head) {
      const exchange = new UpgradeExchange(incoming, socket, head);
      const route = exact.get(`GET ${exchange.path}`) ??
        unknown(exchange.path, options);
      void dispatch(route, { gateway: current(), exchange });
      return exchange.interrupt;
    },
  };
}

/** The answer where no route fits. */
function unknown(
  path: string,
  { isAdmin }: SurfaceOptions,
  would?: Parameters<typeof noRoute>[1],
): Route {
  const route = noRoute(path, would);
  return isAdmin ? { ...route, isAdmin } : route;
}

function makeRouter(
  routes: readonly Route[],
  options: SurfaceOptions,
): Hono<Bindings> {
  const { current, findVerb } = options;
  const app = new Hono<Bindings>();
  const known = new Map<
    string,
    { client: Route["client"]; allowed: string[] }
  >();
  for (const route of routes) {
    const serveRoute = (context: Context<Bindings>): ReturnType<typeof serve> =>
      serve(context, route);
    if (route.method === "ALL") {
      app.all(route.path, serveRoute);
      continue;
    }
    app.on(route.method, route.path, serveRoute);
    known.set(route.path, {
      client: route.client,
      allowed: [
        ...known.get(route.path)?.allowed ?? [],
        ...route.method === "GET" ? ["GET", "HEAD"] : [route.method],
      ],
    });
  }
  for (const path of findVerb === undefined ? [] : VERB_PATHS) {
    app.post(path, (context, next) => {
      const route = findVerb?.(context.req.path);
      if (route !== undefined) return serve(context, route);
      // A model may be read, but nothing stands behind a verb that is unknown.
      return /:[^/]*$/.test(context.req.path) ? notFound(context) : next();
    });
  }
  for (const [path, would] of known) {
    app.all(path, (context) => serve(context, unknown(path, options, would)));
  }
  app.all("*", notFound);
  return app;

  /** Answers that there is no such path, and which may be meant. */
  function notFound(context: Context<Bindings>): ReturnType<typeof serve> {
    const { path } = context.req;
    const meant = withOtherBase(path);
    const there = known.get(meant) ?? findVerb?.(meant);
    const would = there && { meant, client: there.client };
    return serve(context, unknown(path, options, would));
  }

  /** Serves one route over whichever listener brought the request. */
  function serve(
    context: Context<Bindings>,
    route: Route,
  ): Response | Promise<Response> {
    const { path } = context.req;
    const { incoming, outgoing } = context.env ?? {};
    const gateway = current();
    if (incoming && outgoing) {
      const exchange = new NodeExchange(incoming, outgoing, path);
      void dispatch(routeFor(route, exchange), { gateway, exchange });
      return RESPONSE_ALREADY_SENT;
    }
    const exchange = new WebExchange(context.req.raw, path);
    void dispatch(routeFor(route, exchange), { gateway, exchange });
    return exchange.response;
  }
}
