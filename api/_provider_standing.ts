import type {
  HealthStatus,
  ProviderHealth,
  ProviderHealthReading,
} from "@llm-proxy/core";
import type { RoutedProvider } from "@llm-proxy/core/routing";

/** How a provider does, all its keys together. */
export interface ProviderStanding {
  readonly name: string;
  readonly status: HealthStatus;
  /** How many outcomes of the last minute it rests on. */
  readonly sample: number;
  /** The share of them that were errors of the provider's. */
  readonly errorShare: number;
  /** How long ago it last answered well, in ms; `undefined`: never. */
  readonly lastSuccessAgo: number | undefined;
  readonly lastFailure: ProviderHealthReading["lastFailure"];
}

/** How a provider does. */
export function standingOf(
  { provider, moreKeys = [] }: RoutedProvider,
  health: ProviderHealth,
): ProviderStanding {
  const readings = [provider, ...moreKeys].map((key) => health.read(key))
    .filter((reading) => reading !== undefined);
  const sample = readings.reduce((sum, reading) => sum + reading.sample, 0);
  const errors = readings.reduce(
    (sum, { sample, errorShare }) => sum + sample * errorShare,
    0,
  );
  const agoes = readings.map(({ lastSuccessAgo: ago }) => ago ?? Infinity);
  const lastSuccessAgo = Math.min(...agoes);
  const [lastFailure] = readings.map(({ lastFailure }) => lastFailure)
    .filter((failure) => failure !== undefined)
    .sort((a, b) => a.ago - b.ago);
  return {
    name: provider.name,
    status: joinStatus(readings.map(({ status }) => status)),
    sample,
    errorShare: sample === 0 ? 0 : errors / sample,
    lastSuccessAgo: lastSuccessAgo === Infinity ? undefined : lastSuccessAgo,
    lastFailure,
  };
}

/** How several do together: not at all where none does, well where all do. */
export function joinStatus(statuses: readonly HealthStatus[]): HealthStatus {
  if (statuses.every((status) => status === "healthy")) return "healthy";
  return statuses.every((status) => status === "unhealthy")
    ? "unhealthy"
    : "degraded";
}
