import { classifyFailure } from "@llm-proxy/core";
import { RolloutWatch, type RoutedAttempt } from "@llm-proxy/core/routing";
import type { AttemptTrace } from "./attempt_trace.ts";
import type { Config } from "./config_types.ts";

/** An arm that is watched. */
interface Watched {
  readonly arm: string;
  readonly flag: string;
  readonly watch: RolloutWatch;
}

/** An arm that does worse than the rest of its route. */
export interface Rollback {
  readonly route: string;
  readonly arm: string;
  /** What switches it off. */
  readonly flag: string;
  /** Why, in words. */
  readonly reason: string;
}

const SECOND = 1000;

/** Watches arms of routes, and has those switched off by their flags that do worse. */
export class Rollouts {
  readonly #onRollback: (rollback: Rollback) => void;
  readonly #byRoute: ReadonlyMap<string, readonly Watched[]>;

  /** Takes the arms of a config that are to be watched. */
  constructor({ routes }: Config, onRollback: (rollback: Rollback) => void) {
    this.#onRollback = onRollback;
    const byRoute = new Map<string, readonly Watched[]>();
    for (const { match, arms } of routes) {
      const watched = arms.flatMap(watchedOf);
      if (watched.length === 0) continue;
      for (const name of match) byRoute.set(name, watched);
    }
    this.#byRoute = byRoute;
  }

  /** How many routes have arms that are watched. */
  get size(): number {
    return this.#byRoute.size;
  }

  /** Notes an attempt that has ended; one that was its caller's fault or wish says nothing. */
  ended(
    { plan: { route, arm: taken }, signal, limits, candidate }: RoutedAttempt,
    { trace, error }: {
      readonly trace: AttemptTrace;
      readonly error?: unknown;
    },
  ): void {
    const watched = this.#byRoute.get(route.name);
    if (watched === undefined) return;
    const failure = error === undefined ? undefined : classifyFailure(error, {
      callerLeft: signal.aborted,
      limits,
      ownLimits: candidate.provider.limits,
    });
    if (failure === "caller" || failure === "gateway") return;
    const { headersAt, startedAt } = trace;
    for (const { arm, flag, watch } of watched) {
      const inArm = taken === arm;
      if (taken !== undefined && !inArm) continue;
      // Where an arm falls back to says nothing of it, and nothing of the rest.
      if (inArm && !leadsTo(route, arm, candidate)) continue;
      const reason = watch.note({
        inArm,
        failed: failure !== undefined,
        firstByteMs: headersAt && headersAt - startedAt,
      });
      if (reason !== undefined) {
        this.#onRollback({ route: route.name, arm, flag, reason });
      }
    }
  }
}

/** Whether an arm of a route leads to where an attempt went. */
function leadsTo(
  { arms }: RoutedAttempt["plan"]["route"],
  arm: string,
  { deployment }: RoutedAttempt["candidate"],
): boolean {
  return arms.find(({ name }) => name === arm)?.targets
    .some((target) => target.deployment === deployment) ?? false;
}

function watchedOf(
  { name: arm, flag, rollback }: Config["routes"][number]["arms"][number],
): readonly Watched[] {
  if (flag === undefined || rollback === undefined) return [];
  const { errors, slowdown, min_requests: minRequests, window } = rollback;
  const rule = { errors, slowdown, minRequests, window: window * SECOND };
  return [{ arm, flag, watch: new RolloutWatch(rule) }];
}
