import { type Context, Hono } from "@hono/hono";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dispatch, type Route } from "./dispatch.ts";
import { routeFor, VERB_PATHS } from "./gemini_routes.ts";
import { NodeExchange } from "./node_exchange.ts";
import { withOtherBase } from "./no_route.ts";
import type { SurfaceOptions } from "./surface.ts";
import { unknownRoute } from "./_unknown_route.ts";
import { WebExchange } from "./web_exchange.ts";

/** What finds routes for paths that are spelled otherwise than they are. */
export interface Router {
  /** Answers a request of `Deno.serve`, `deno serve` or a worker. */
  fetch(request: Request): Response | Promise<Response>;
  /** Answers a request of `node:http`. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>;
}

/** What `node:http` hands to a handler; absent under `fetch`. */
type Bindings = {
  Bindings: { incoming?: IncomingMessage; outgoing?: ServerResponse };
};

/** Makes the router of a surface's routes. */
export function makeRouter(
  routes: readonly Route[],
  options: SurfaceOptions,
): Router {
  const app = makeApp(routes, options);
  return {
    fetch: (request) => app.fetch(request),
    handle: getRequestListener(
      (request, env) => app.fetch(request, env),
      { overrideGlobalObjects: false },
    ),
  };
}

function makeApp(
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
    app.all(
      path,
      (context) => serve(context, unknownRoute(path, options, would)),
    );
  }
  app.all("*", notFound);
  return app;

  /** Answers that there is no such path, and which may be meant. */
  function notFound(context: Context<Bindings>): ReturnType<typeof serve> {
    const { path } = context.req;
    const meant = withOtherBase(path);
    const there = known.get(meant) ?? findVerb?.(meant);
    const would = there && { meant, client: there.client };
    return serve(context, unknownRoute(path, options, would));
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
