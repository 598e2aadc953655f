import type { Config } from "./config_types.ts";
import type { ProviderOff } from "./environment_providers.ts";
import { denoTelemetryNotice } from "./_open_telemetry.ts";
import type { ServiceOptions } from "./_run_service.ts";
import { print } from "./_terminal.ts";
import { VERSION } from "./version.ts";

/** What a start tells besides its options. */
export interface Announcement extends ServiceOptions {
  readonly url: string;
  readonly providers: readonly string[];
  /** How many connections the system allows. */
  readonly room: number;
}

/** Prints where the service is, and what its operator should know. */
export function announce(
  { url, place, providers, loaded, room, config }: Announcement,
): void {
  const told = { place: place.told, on: providers, off: loaded.off };
  print(`${banner(url, told)}\n`);
  const deno = denoTelemetryNotice((name) => Deno.env.get(name));
  const notices = [
    ...providers.length === 0
      ? ["no provider is on, so no request can be served"]
      : [],
    ...room < config.server.max_connections
      ? [
        `takes ${room} connections, not ${config.server.max_connections}: the limit on open files allows no more`,
      ]
      : [],
    ...config.chaos_engineering.enabled ? [chaosNotice(config)] : [],
    ...deno ? [deno] : [],
  ];
  for (const notice of notices) print(`llm-proxy: ${notice}\n`);
}

/** Faults on purpose that were forgotten look like faults of providers. */
function chaosNotice({ chaos_engineering: { faults } }: Config): string {
  const kinds = [...new Set(faults.map(({ type }) => type))];
  return `WARNING: chaos_engineering is on, and makes requests fail on purpose: ${
    kinds.join(", ") || "no faults yet"
  }`;
}

/** The one line that start prints. */
function banner(
  url: string,
  { place, on, off }: {
    readonly place: string;
    readonly on: readonly string[];
    readonly off: readonly ProviderOff[];
  },
): string {
  const reasons = off.filter(({ isUnset }) => !isUnset)
    .map(({ name, reason }) => `${name} (${reason})`);
  const unset = off.length - reasons.length;
  return `llm-proxy ${VERSION} on ${url}, state ${place}, providers: ${
    on.join(", ") || "none"
  }` + (reasons.length > 0 ? `; off: ${reasons.join(", ")}` : "") +
    (unset > 0 ? `; ${unset} more have no key ('doctor' names them)` : "");
}

/** Why nothing listens, in one line. */
export function listenFault(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): string {
  const where = `${host}:${port}`;
  const { code } = error as { readonly code?: string };
  if (code === "EADDRINUSE") {
    return `cannot listen on ${where}: the port is taken (choose another with --port)`;
  }
  if (code === "EACCES") return `cannot listen on ${where}: not permitted`;
  const message = error instanceof Error ? error.message : String(error);
  return `cannot listen on ${where}: ${message.split("\n")[0]}`;
}
