import { GatewayError, type Limit, parseLimits } from "@llm-proxy/core";
import type { KeyTerms } from "./config_types_keys.ts";
import type { Exchange } from "./exchange.ts";
import { IpRanges } from "./ip_ranges.ts";
import { isRoleAtLeast, type Role } from "./role.ts";
import type { Subject } from "./subject.ts";
import { fitsWildcard } from "./_wildcard.ts";

/** Whose access it is: a key of the config, a stored one, or a token's bearer. */
export interface AccessOptions extends KeyTerms {
  /** What limits, budgets and the ledger count by. */
  readonly id: string;
  /** Whether it is in the state, not in the config. @default {false} */
  readonly isStored?: boolean | undefined;
}

/** What a caller whose key was checked is, and may do. */
export class Access {
  readonly subject: Subject;
  /** Whether it is in the state, and may go with it. */
  readonly isStored: boolean;
  /** Its own limits. */
  readonly limits: readonly Limit[];
  /** Whether answers are kept for it; absent where it says nothing. */
  readonly cache: boolean | undefined;
  /** Whether it wants nothing sent on that is not whole. */
  readonly refusesLosses: boolean;
  readonly #models: readonly string[] | undefined;
  readonly #routes: readonly string[] | undefined;
  readonly #ips: IpRanges | undefined;
  /** Until when it is good, in ms since 1970. */
  readonly #end: number;

  /** Takes terms that were checked. */
  constructor({ id, isStored = false, ...terms }: AccessOptions) {
    const { user, team, organisation, role = "client", budget } = terms;
    this.subject = { key: id, user, team, organisation, role, budget };
    this.isStored = isStored;
    this.limits = terms.limits === undefined ? [] : parseLimits(terms.limits);
    this.cache = terms.cache;
    this.refusesLosses = terms.losses === "refuse";
    this.#models = terms.models;
    this.#routes = terms.routes;
    this.#ips = terms.ips && new IpRanges(terms.ips);
    this.#end = terms.disabled
      ? -Infinity
      : terms.expires === undefined
      ? Infinity
      : Date.parse(terms.expires);
  }

  /** Whether it lets anybody in, now. */
  get isGood(): boolean {
    return this.#end === Infinity || Date.now() < this.#end;
  }

  /**
   * Checks what is known of a request before its body is read.
   *
   * @throws {GatewayError} 403 `ip_not_allowed`, `route_not_allowed` or
   * `insufficient_permissions`.
   */
  checkRoute(
    { path, needs = "client" }: {
      readonly path: string;
      readonly needs?: Role | undefined;
    },
    exchange: Pick<Exchange, "address">,
  ): void {
    if (this.#ips !== undefined && !this.#ips.has(exchange.address)) {
      throw refusal("ip_not_allowed", "be used from here");
    }
    const routes = this.#routes;
    if (
      routes !== undefined && !routes.some((it) => fitsWildcard(path, it))
    ) throw refusal("route_not_allowed", `use ${path}`);
    if (!isRoleAtLeast(this.subject.role, needs)) {
      throw refusal(
        "insufficient_permissions",
        `do this: its role must be '${needs}' or better`,
      );
    }
  }

  /** Whether it may ask for a model. */
  mayAsk(model: string): boolean {
    return this.#models?.some((it) => fitsWildcard(model, it)) ?? true;
  }

  /**
   * Checks the model that a caller asks for, as the caller names it.
   *
   * @throws {GatewayError} 403 `model_not_allowed`.
   */
  checkModel(model: string): void {
    if (this.mayAsk(model)) return;
    throw refusal(
      "model_not_allowed",
      `ask for the model '${model.slice(0, 200)}'`,
      "model",
    );
  }
}

function refusal(code: string, what: string, param?: string): GatewayError {
  return new GatewayError("permission", `This key may not ${what}`, {
    code,
    ...(param !== undefined && { param }),
  });
}
