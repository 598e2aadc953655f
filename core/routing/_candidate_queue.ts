import { GatewayError } from "../errors.ts";
import { backAt } from "./_back_at.ts";
import type { LiveContext } from "./_live_context.ts";
import type { RoutePlan, SkippedCandidate } from "./plan_route.ts";
import type { Candidate, FallbackChains } from "./route.ts";
import type { RouteRequest } from "./route_request.ts";

const NONE: readonly Candidate[] = [];
const NO_PLANS: readonly RoutePlan[] = [];
const NO_IDS: readonly string[] = [];

/** Where a request may still go: its plan first, then those of its fallbacks. */
export class CandidateQueue {
  /** The plan of the request itself. */
  readonly first: RoutePlan;
  readonly #request: RouteRequest;
  readonly #context: LiveContext;
  /** The plans of its fallbacks. */
  #more = NO_PLANS;
  /** The ids of those that were taken. */
  #tried = NO_IDS;
  #waiting: readonly Candidate[];
  /** The names that come when nothing is waiting. */
  #names: readonly string[];

  /**
   * Plans the request.
   *
   * @param step The time, on the clock of the plans, and the name to plan for.
   * @throws {GatewayError} 404 `model_not_found`.
   */
  constructor(
    request: RouteRequest,
    context: LiveContext,
    step: { readonly at: number; readonly model: string | undefined },
  ) {
    this.#request = request;
    this.#context = context;
    this.first = context.plan(request, step);
    this.#waiting = this.first.candidates;
    this.#names = this.first.fallbacks[chainBehind(this.first)];
  }

  /** Whether there was never more than one place to go: then a poor answer is better than none. */
  get isSole(): boolean {
    const { candidates, skipped, fallbacks } = this.first;
    return candidates.length + skipped.length === 1 &&
      fallbacks.error.length === 0;
  }

  /** Every plan that was made. */
  get plans(): readonly RoutePlan[] {
    return [this.first, ...this.#more];
  }

  /** What can be tried next, the best first; empty where there is nothing left. */
  waiting(): readonly Candidate[] {
    while (this.#waiting.length === 0 && this.#names.length > 0) {
      const [name, ...rest] = this.#names;
      this.#names = rest;
      if (name !== undefined) this.#follow(name);
    }
    return this.#waiting;
  }

  /** Takes a candidate, which is then not tried again (U20). */
  take({ deployment: { id } }: Candidate): void {
    this.#tried = this.#tried === NO_IDS ? [id] : [...this.#tried, id];
    if (this.#waiting === NONE) return;
    this.#waiting = this.#waiting.length === 1
      ? without(this.#waiting, id)
      : this.#waiting.filter(({ deployment }) => deployment.id !== id);
  }

  /** Takes those out that can no longer be used: what failed may be true of others too. */
  recheck(): void {
    const { views } = this.#context;
    this.#waiting = this.#waiting.filter(({ deployment }) =>
      views.every((view) => view.isAvailable(deployment) === true)
    );
  }

  /** Goes on with the chain for a kind of failure: of the names in hand none would do better. */
  turnTo(chain: "contextWindow" | "contentPolicy"): void {
    this.#waiting = NONE;
    this.#names = this.first.fallbacks[chain];
  }

  /** What may be tried although it is out, because everything is; the one that is back first at the front. */
  lastResorts(): readonly SkippedCandidate[] {
    return this.plans
      .flatMap(({ lastResort, skipped }) => lastResort ? skipped : [])
      .filter(({ code, candidate: { deployment: { id } } }) =>
        code === "unavailable" && !this.#tried.includes(id)
      )
      .toSorted((a, b) => backAt(a) - backAt(b));
  }

  #follow(name: string): void {
    try {
      const tried = new Set(this.#tried);
      const plan = this.#context.plan(this.#request, { model: name, tried });
      this.#more = [...this.#more, plan];
      this.#waiting = plan.candidates;
    } catch (error) {
      // A fallback whose `*` stands for a name that nobody has.
      if (!(error instanceof GatewayError)) throw error;
    }
  }
}

/** A list of one without this one. */
function without(
  waiting: readonly Candidate[],
  id: string,
): readonly Candidate[] {
  return waiting[0]?.deployment.id === id ? NONE : waiting;
}

/** A request that is too long for all goes where longer ones go. */
function chainBehind(
  { candidates, skipped, fallbacks }: RoutePlan,
): keyof FallbackChains {
  const isTooLong = candidates.length === 0 &&
    fallbacks.contextWindow.length > 0 &&
    skipped.some(({ code }) => code === "context_window");
  return isTooLong ? "contextWindow" : "error";
}
