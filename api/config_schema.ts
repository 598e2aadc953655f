import * as z from "@zod/zod";
import { condensation } from "./_config_condense_section.ts";
import { featureFlags } from "./_config_flag_section.ts";
import {
  app,
  auth,
  httpClient,
  logging,
  server,
} from "./_config_core_sections.ts";
import {
  cache,
  caching,
  healthCheck,
  memory,
  rateLimit,
  telemetry,
} from "./_config_feature_sections.ts";
import { budgetAlerts, budgets, ledger } from "./_config_ledger_section.ts";
import { defaultGuardrails, guardrails } from "./_config_guardrail_section.ts";
import { providers } from "./_config_provider_section.ts";
import {
  chaosEngineering,
  circuitBreaker,
  retry,
} from "./_config_resilience_sections.ts";
import { routes } from "./_config_routes_section.ts";
import { state } from "./_config_state_section.ts";

/**
 * The one schema of `config.yaml`: sections, keys, ranges and defaults. What
 * spans several keys is in `_config_cross_checks.ts`.
 */
export const configSchema = z.strictObject({
  app,
  server,
  auth,
  providers,
  routes,
  guardrails,
  default_guardrails: defaultGuardrails,
  http_client: httpClient,
  logging,
  state,
  ledger,
  budgets,
  budget_alerts: budgetAlerts,
  cache,
  telemetry,
  rate_limit: rateLimit,
  circuit_breaker: circuitBreaker,
  retry,
  condensation,
  caching,
  memory,
  health_check: healthCheck,
  chaos_engineering: chaosEngineering,
  feature_flags: featureFlags,
}).describe("The configuration of llm-proxy.");

/** What the schema gives out: defaults filled in, nothing joined across sections yet. */
export type ConfigOutput = z.output<typeof configSchema>;
