import type { Route, RouteArm } from "./route.ts";
import type { RouteRequest } from "./route_request.ts";
import { hashPosition, hashText, mixHash } from "./stable_hash.ts";

/** A stable number between 0 and 1 for a word, another one for each purpose. */
function position(word: string, purpose: string): number {
  return hashPosition(mixHash(hashText(word), hashText(purpose)));
}

/**
 * The arm of a route's experiment that a request belongs to; `undefined` where
 * it is none of them.
 *
 * A subject stays in its arm, in every process and over restarts, and an arm
 * that grows keeps those it had where it is the last one. Without a subject the
 * request is drawn at random. Two routes divide the same subjects differently.
 *
 * @example Everybody is in it
 * ```ts
 * import { armOf } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const route = { name: "chat", arms: [{ name: "canary", share: 1, targets: [] }] };
 * assertEquals(armOf(route, { subject: "team-a" })?.name, "canary");
 * ```
 */
export function armOf(
  { name, arms }: Pick<Route, "name" | "arms">,
  request: Pick<RouteRequest, "subject" | "isOn">,
  random: () => number = Math.random,
): RouteArm | undefined {
  if (arms.length === 0) return undefined;
  const { subject } = request;
  let mark = subject ? position(subject, `arms ${name}`) : random();
  for (const arm of arms) {
    mark -= arm.share;
    // Its place stays its own while it is off: others keep theirs.
    if (mark < 0) return isSwitchedOn(arm, request) ? arm : undefined;
  }
  return undefined;
}

function isSwitchedOn(
  { flag }: { readonly flag?: string | undefined },
  request: Pick<RouteRequest, "isOn">,
): boolean {
  return flag === undefined || (request.isOn?.(flag) ?? false);
}

/** Whether a copy of the request goes to the route's shadow; the same for the same request id. */
export function isShadowed(
  { name, shadow }: Pick<Route, "name" | "shadow">,
  request: Pick<RouteRequest, "id" | "isOn">,
  random: () => number = Math.random,
): boolean {
  if (shadow === undefined || shadow.share <= 0) return false;
  if (!isSwitchedOn(shadow, request)) return false;
  const { id } = request;
  const mark = id ? position(id, `shadow ${name}`) : random();
  return mark < shadow.share;
}
