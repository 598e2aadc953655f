import { GatewayError } from "@llm-proxy/core";
import type { RoutedAttempt } from "@llm-proxy/core/routing";
import type { Config } from "./config_types.ts";

/** For how long a stream is read on whose client has left, in ms; Infinity for to its end. */
type DrainMs = number;

const SECOND = 1000;

/** What becomes of streams whose clients leave, by the routes' names. */
export class HangUps {
  readonly #drains = new Map<string, DrainMs>();

  /** Takes what the config's routes say. */
  constructor({ routes }: Pick<Config, "routes">) {
    for (const { match, hang_up: policy, drain_timeout: seconds } of routes) {
      if (policy === "cancel") continue;
      const ms = policy === "drain-to-bill" ? seconds * SECOND : Infinity;
      for (const name of match) this.#drains.set(name, ms);
    }
  }

  /** What an attempt is ended by instead of its own signal, to be released with it; nothing where that ends it at once. */
  hold(routed: RoutedAttempt): HeldSignal | undefined {
    if (this.#drains.size === 0) return undefined;
    const drainMs = this.#drains.get(routed.plan.route.name);
    return drainMs === undefined ? undefined : new HeldSignal(routed, drainMs);
  }
}

/** Ends an attempt some time after its client has left, if that had begun to hear the answer. */
class HeldSignal {
  readonly #routed: RoutedAttempt;
  readonly #drainMs: DrainMs;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(routed: RoutedAttempt, drainMs: DrainMs) {
    this.#routed = routed;
    this.#drainMs = drainMs;
    routed.signal.addEventListener("abort", this.#onAbort);
    if (routed.signal.aborted) this.#onAbort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * To be asked when the stream has come to its end.
   *
   * @throws {GatewayError} where the client left before.
   */
  check(): void {
    this.#routed.signal.throwIfAborted();
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#routed.signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => {
    const { reason } = this.#routed.signal;
    // Whoever else ends it, means it.
    const hasLeft = reason instanceof GatewayError &&
      reason.code === "client_closed";
    const end = (): void => this.#controller.abort(reason);
    if (!hasLeft || !this.#routed.committed) return end();
    if (this.#drainMs !== Infinity) {
      this.#timer = setTimeout(end, this.#drainMs);
    }
  };
}
