import { type HttpTarget, parseTarget } from "./_http_head.ts";

/** How many addresses are kept taken apart; at more, all are forgotten. */
const MAX_TARGETS = 128;

/** Where addresses lead, each taken apart once. */
export class HttpTargets {
  readonly #proxied: boolean;
  readonly #targets = new Map<string, HttpTarget>();

  /** Knows none yet. `proxied` tells whether a proxy is asked for them. */
  constructor(proxied: boolean) {
    this.#proxied = proxied;
  }

  /**
   * Takes an absolute address apart.
   *
   * @throws {GatewayError} when it is none for HTTP, or holds a user name.
   */
  get(url: string): HttpTarget {
    const known = this.#targets.get(url);
    if (known !== undefined) return known;
    let target = parseTarget(url);
    if (this.#proxied && !target.secure) {
      // A proxy is told the whole address (RFC 9112, 3.2.2).
      target = { ...target, path: target.origin + target.path };
    }
    if (this.#targets.size >= MAX_TARGETS) this.#targets.clear();
    this.#targets.set(url, target);
    return target;
  }
}
