import type { Candidate } from "./route.ts";
import type { StickyDefinition } from "./route_definition.ts";
import type { RouteRequest } from "./route_request.ts";
import { hashPosition, hashText, mixHash } from "./stable_hash.ts";
import type { StrategyContext } from "./strategy.ts";

/** Below this many attempts under way nobody is moved: warmth is worth more than evenness. */
const FREE_LOAD = 8;
/** So much of a header counts. */
const MAX_HEADER = 256;

/** So many pieces of a conversation count. */
const MAX_PIECES = 16;

/** What {@linkcode prefixHash} may be told. */
export interface PrefixHashOptions {
  /** How many UTF-16 units of each piece are read. @default {2048} */
  readonly maxLength?: number;
}

/**
 * A hash of a conversation's beginning: give the system message and the first
 * message of the user, which stay the same while the conversation grows. All of
 * its turns then go to one deployment, whose prompt cache is warm.
 *
 * @param pieces The texts, in order; their borders and lengths count. The first
 * 16 are read.
 *
 * @example A conversation that grows keeps its hash
 * ```ts
 * import { prefixHash } from "@llm-proxy/core/routing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const hash = prefixHash(["You are a pirate.", "Hello!"]);
 * assertEquals(prefixHash(["You are a pirate.", "Hello!"]), hash);
 * assert(prefixHash(["You are a pirate.Hello!"]) !== hash);
 * ```
 */
export function prefixHash(
  pieces: Iterable<string>,
  options: PrefixHashOptions = {},
): number {
  const { maxLength = 2048 } = options;
  let hash = 0;
  let count = 0;
  for (const piece of pieces) {
    if (++count > MAX_PIECES) break;
    hash = mixHash(mixHash(hash, hashText(piece, maxLength)), piece.length);
  }
  return hash;
}

/** What a request's session is known by; `undefined` where it has none. */
export function sessionOf(
  sticky: StickyDefinition | undefined,
  request: RouteRequest,
): number | undefined {
  if (sticky === undefined) return undefined;
  if (sticky.header !== undefined) {
    const value = request.header?.(sticky.header);
    if (value) return hashText(value, MAX_HEADER);
  }
  return sticky.prefix ? request.prefix : undefined;
}

/** What a session's choice depends on besides the session. */
export interface StickOptions {
  /** The session's hash. */
  readonly session: number;
  /** How many times the mean load a home takes. @default {1.5} */
  readonly maxLoad?: number | undefined;
  /** How a deployment does. */
  readonly stateOf: StrategyContext["stateOf"];
}

/**
 * Puts a session's home first and leaves the rest as it is.
 *
 * By weighted rendezvous hashing: each candidate has a number for each session,
 * the highest is the home. Nothing is remembered, so nothing is to be bounded;
 * where a candidate goes only its own sessions move, and where it comes back
 * only they return. A home with far more than its share under way is passed
 * over for the session's next one.
 */
export function stickToHome(
  candidates: readonly Candidate[],
  { session, maxLoad = 1.5, stateOf }: StickOptions,
): readonly Candidate[] {
  let load = 1;
  let weights = 0;
  for (const { deployment, weight } of candidates) {
    load += stateOf(deployment).inFlight;
    weights += weight;
  }
  let home = candidates[0];
  let best = -1;
  for (const candidate of candidates) {
    const { deployment, weight } = candidate;
    const share = Math.ceil(maxLoad * load * weight / weights);
    if (stateOf(deployment).inFlight >= Math.max(FREE_LOAD, share)) continue;
    const position = hashPosition(mixHash(session, deployment.hash));
    const score = weight / -Math.log(position);
    if (score <= best) continue;
    best = score;
    home = candidate;
  }
  if (home === undefined || home === candidates[0]) return candidates;
  const ordered = [home];
  for (const candidate of candidates) {
    if (candidate !== home) ordered.push(candidate);
  }
  return ordered;
}
