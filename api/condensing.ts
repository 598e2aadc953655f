import { ContextCondenser, type SmartCache } from "@llm-proxy/context";
import {
  basePolicy,
  type CondensePolicies,
  condensePolicies,
  type CondensePolicy,
} from "./condense_policy.ts";
import type { RequestContext } from "./endpoints.ts";
import type { Gateway } from "./gateway.ts";
import {
  RequestCondenser,
  type RequestCondenserOptions,
} from "./request_condenser.ts";

/** What condenses conversations, and for which routes. */
export class Condensing {
  /** What does it. */
  readonly condenser: ContextCondenser;
  /** How, where no route says otherwise. */
  readonly base: CondensePolicy & { readonly threshold: number };
  readonly #gateway: Gateway;
  readonly #policies: CondensePolicies | undefined;

  /** Takes what the config of a gateway says; summaries outlive it. */
  constructor(gateway: Gateway, summaries: SmartCache<string>) {
    const { config, logger, tokens: { estimator } } = gateway;
    this.#gateway = gateway;
    this.#policies = condensePolicies(config);
    this.base = basePolicy(config.condensation);
    this.condenser = new ContextCondenser({
      estimator,
      summaries,
      onFailure: (cause) =>
        logger.warn("a conversation was not summed up", { cause }),
    });
  }

  /** What condenses one request; `undefined` where its route is left as it is. */
  begin(
    context: RequestContext,
    ask: Omit<RequestCondenserOptions, "condenser" | "policy">,
  ): RequestCondenser | undefined {
    if (this.#policies === undefined) return undefined;
    const policy = this.policyOf(ask.request.model);
    const { condenser } = this;
    return policy &&
      new RequestCondenser(context, { ...ask, condenser, policy });
  }

  /** How requests for a model are condensed; `undefined` where they are left as they are. */
  policyOf(model: string): CondensePolicy | undefined {
    if (this.#policies === undefined) return undefined;
    const { routes, others } = this.#policies;
    const name = this.#gateway.table.match(model)?.route.name;
    return name !== undefined && routes.has(name) ? routes.get(name) : others;
  }
}
