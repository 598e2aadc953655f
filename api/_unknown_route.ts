import type { Route } from "./dispatch.ts";
import { noRoute } from "./no_route.ts";
import type { SurfaceOptions } from "./surface.ts";

/** The answer where no route fits. */
export function unknownRoute(
  path: string,
  { isAdmin }: SurfaceOptions,
  would?: Parameters<typeof noRoute>[1],
): Route {
  const route = noRoute(path, would);
  return isAdmin ? { ...route, isAdmin } : route;
}
