import type { RouteTable } from "@llm-proxy/core/routing";
import type { GatewayTarget } from "@llm-proxy/logging";

/** So many targets of one operation are remembered; callers choose the names of models. */
const MAX_TARGETS = 1_000;

/** Knows in the words of metrics where attempts went: found once for each deployment. */
export class MetricTargets {
  #table: RouteTable | undefined;
  readonly #known = new Map<string, Map<string, GatewayTarget>>();

  /** Takes the routes, by which it knows the providers. */
  watch(table: RouteTable): void {
    this.#table = table;
    this.#known.clear();
  }

  /** The target of an operation at a deployment, by the id of that. */
  of(operation: string, deployment: string): GatewayTarget {
    let targets = this.#known.get(operation);
    if (targets === undefined) {
      this.#known.set(operation, targets = new Map());
    }
    let target = targets.get(deployment);
    if (target === undefined) {
      if (targets.size >= MAX_TARGETS) targets.clear();
      target = { operation, ...this.#read(deployment) };
      targets.set(deployment, target);
    }
    return target;
  }

  /** Reads an id, `provider/model`, and after it `#1` and so on for further keys. */
  #read(deployment: string): Omit<GatewayTarget, "operation"> {
    const slash = deployment.indexOf("/");
    const provider = deployment.slice(0, slash);
    const model = deployment.slice(slash + 1);
    const known = this.#table?.providers
      .find((entry) => entry.provider.name === provider);
    return {
      provider,
      providerType: known?.provider.type ?? "",
      model: known?.moreKeys?.length ? model.replace(/#\d+$/, "") : model,
    };
  }
}
