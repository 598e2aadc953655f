import type { Provider } from "@llm-proxy/core";
import type { Deployment } from "@llm-proxy/core/routing";
import type {
  GatewayViews,
  ProviderView,
  QueueView,
  UpstreamView,
} from "@llm-proxy/logging";
import { standingOf } from "./_provider_standing.ts";
import type { Gateway } from "./gateway.ts";

/** How much each state of a breaker wants to be seen. */
const CONCERN = { closed: 0, half_open: 1, open: 2 } as const;

/** How a gateway stands, as metrics ask at each scrape; `answered` gives deployments that no config names. */
export function gatewayViews(
  gateway: () => Gateway,
  answered: () => Iterable<Deployment>,
): GatewayViews {
  return {
    upstreams: () => upstreamViews(gateway(), answered()),
    providers: () =>
      gateway().table.providers.map((entry): ProviderView => ({
        provider: entry.provider.name,
        health: standingOf(entry, gateway().health).status,
        connections: sumOf(entry, ({ transport }) => transport.connections),
      })),
    budgets: () => gateway().accounts.budgets?.views() ?? [],
    queues: () => queueViews(gateway(), answered()),
    memory: () => {
      const { pressure, reading: { limit } } = gateway().memory;
      return { pressure, limit };
    },
    caches: () => {
      const stats = gateway().answers?.stats;
      return stats === undefined ? [] : [{ cache: "response", ...stats }];
    },
    droppedLogRecords: () => gateway().logger.dropped ?? 0,
    state: () => {
      const { mode, waiting } = gateway().state.status;
      return { degraded: mode === "degraded", waiting };
    },
  };
}

/** Every deployment of a model that is known by its name. */
function deploymentsOf(
  { table }: Gateway,
  answered: Iterable<Deployment>,
): Iterable<Deployment> {
  const deployments = new Map<string, Deployment>();
  for (const deployment of [...table.deployments, ...answered]) {
    if (deployment.model.includes("*")) continue;
    deployments.set(deployment.id, deployment);
  }
  return deployments.values();
}

/** Several keys for one model are one upstream: up where one is, and as its worst breaker stands. */
function upstreamViews(
  gateway: Gateway,
  answered: Iterable<Deployment>,
): Iterable<UpstreamView> {
  const views = new Map<string, UpstreamView>();
  for (const deployment of deploymentsOf(gateway, answered)) {
    const { provider: { name: provider }, model } = deployment;
    const { available, breaker, inFlight } = gateway.failover.read(deployment);
    const key = `${provider}/${model}`;
    const other = views.get(key);
    const isWorse = CONCERN[breaker] > CONCERN[other?.breaker ?? "closed"];
    views.set(key, {
      provider,
      model,
      available: available || (other?.available ?? false),
      breaker: isWorse ? breaker : other?.breaker ?? "closed",
      inFlight: inFlight + (other?.inFlight ?? 0),
    });
  }
  return views.values();
}

/** Requests that wait for a slot of a deployment, and for a connection to a provider. */
function queueViews(
  gateway: Gateway,
  answered: Iterable<Deployment>,
): QueueView[] {
  let deployments = 0;
  for (const deployment of deploymentsOf(gateway, answered)) {
    deployments += gateway.failover.read(deployment).queued;
  }
  const connections = gateway.table.providers
    .reduce(
      (sum, it) => sum + sumOf(it, ({ transport }) => transport.waiting),
      0,
    );
  return [
    { queue: "deployments", length: deployments },
    { queue: "connections", length: connections },
  ];
}

/** A number of a provider's, over all its keys. */
function sumOf(
  { provider, moreKeys = [] }: {
    readonly provider: Provider;
    readonly moreKeys?: readonly Provider[];
  },
  pick: (provider: Provider) => number | undefined,
): number {
  return [provider, ...moreKeys]
    .reduce((sum, key) => sum + (pick(key) ?? 0), 0);
}
