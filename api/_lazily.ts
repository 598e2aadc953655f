import type { Route } from "./dispatch.ts";

/**
 * Serves a route by a function of a module that is loaded when somebody first
 * asks for it: a start waits for nothing but what most requests need. Where it
 * can't be loaded, the next request tries again.
 */
export function lazily<Name extends string>(
  load: () => Promise<Readonly<Record<Name, Route["handle"]>>>,
  name: Name,
): Route["handle"] {
  let handle: Route["handle"] | undefined;
  return async function servedLazily(context): Promise<void> {
    handle ??= (await load())[name];
    await handle(context);
  };
}
