import type { DecodeOptions } from "../../dialect.ts";
import type { LossReport } from "../../loss_report.ts";

const VERSION = "anthropic-version";
const BETA = "anthropic-beta";
const DEFAULT_VERSION = "2023-06-01";

/** A client asks for a handful of beta features. */
const MAX_BETAS = 64;

/**
 * The headers that a Messages client speaks to its provider with, of all that
 * it sent (C40, K21). What is no version or no name of a feature is left out.
 */
export function passHeaders(
  header: DecodeOptions["header"],
  losses: LossReport,
): Record<string, string> {
  const version = header?.(VERSION) ?? DEFAULT_VERSION;
  const isVersion = /^\d{4}-\d{2}-\d{2}$/.test(version);
  if (!isVersion) losses.add("changed", VERSION, DEFAULT_VERSION);
  const headers = { [VERSION]: isVersion ? version : DEFAULT_VERSION };
  const betas = betasOf(header, losses);
  return betas.length === 0 ? headers : { ...headers, [BETA]: betas.join() };
}

/** The beta features that a Messages client asked for; what is no name of one is left out. */
export function betasOf(
  header: DecodeOptions["header"],
  losses: LossReport,
): readonly string[] {
  const asked = header?.(BETA);
  if (!asked) return [];
  const names = asked.split(",", MAX_BETAS + 1).map((name) => name.trim())
    .filter((name) => name !== "");
  const betas = names.slice(0, MAX_BETAS).filter((name) =>
    /^[\w.-]{1,100}$/.test(name)
  );
  if (betas.length < names.length) {
    losses.add("dropped", BETA, "no name of a feature");
  }
  return betas;
}
