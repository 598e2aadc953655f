import { GatewayError } from "@llm-proxy/core";
import type { Config } from "./config_types.ts";
import type { RequestContext } from "./endpoints.ts";
import type { Gateway } from "./gateway.ts";
import type { Guardrail } from "./guardrail_policy.ts";
import { Webhook } from "./webhook.ts";

const WITHOUT_BODY: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE"]);

/** Knows which guardrails a request has: those of its route, else the default ones. */
export class Guardrails {
  readonly #gateway: Gateway;
  readonly #routes: ReadonlyMap<string, readonly string[]>;
  readonly #others: readonly string[];
  readonly #webhooks = new Map<string, Webhook>();
  #made: Promise<ReadonlyMap<string, Guardrail>> | undefined;

  /** Loads nothing yet. */
  constructor(gateway: Gateway, config: Config) {
    this.#gateway = gateway;
    this.#others = config.default_guardrails;
    this.#routes = new Map(
      config.routes.flatMap(({ match, guardrails }) =>
        guardrails === undefined
          ? []
          : match.map((name) => [name, guardrails] as const)
      ),
    );
  }

  /** Those of a gateway; `undefined` where no request has any. */
  static of(gateway: Gateway): Guardrails | undefined {
    const { config } = gateway;
    const isUsed = config.default_guardrails.length > 0 ||
      config.routes.some(({ guardrails = [] }) => guardrails.length > 0);
    return isUsed ? new Guardrails(gateway, config) : undefined;
  }

  /** A webhook of the config: all who ask it share its connections, which go by themselves when nobody does. */
  webhook(url: string): Webhook {
    const webhook = this.#webhooks.get(url) ?? new Webhook(url);
    this.#webhooks.set(url, webhook);
    return webhook;
  }

  /** Closes connections to webhooks. */
  close(): void {
    for (const webhook of this.#webhooks.values()) webhook.close();
  }

  /** The names of the guardrails of requests for a model, in their order. */
  namesFor(model: string): readonly string[] {
    const { selections, table } = this.#gateway;
    const route = table.match(selections.resolve(model) ?? model)?.route.name;
    return this.#routes.get(route ?? "") ?? this.#others;
  }

  /** The guardrails of these names; what they need is loaded with the first request. */
  async named(names: readonly string[]): Promise<readonly Guardrail[]> {
    this.#made ??= this.#make();
    const known = await this.#made;
    return names.flatMap((name) => known.get(name) ?? []);
  }

  async #make(): Promise<ReadonlyMap<string, Guardrail>> {
    const { config, tokens } = this.#gateway;
    try {
      const { makeGuardrails } = await import("./guardrail_policy.ts");
      const made = await makeGuardrails(config.guardrails, tokens.estimator);
      return new Map(made.map((it) => [it.name, it]));
    } catch (error) {
      // The next request tries again.
      this.#made = undefined;
      throw error;
    }
  }

  /**
   * Refuses what goes to a model with guardrails and none has looked at: forms
   * with files, realtime sessions, what passes through.
   *
   * @throws {GatewayError} 400 `unsupported_endpoint`.
   */
  checkSeen({ exchange, record }: RequestContext, model: string): void {
    if (record.guardrails !== undefined) return;
    const brings = record.operation === "realtime" ||
      !WITHOUT_BODY.has(exchange.method);
    if (!brings || this.namesFor(model).length === 0) return;
    throw new GatewayError(
      "invalid_request",
      "The guardrails here can't look at requests to this endpoint",
      { code: "unsupported_endpoint" },
    );
  }
}
