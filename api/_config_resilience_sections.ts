import * as z from "@zod/zod";
import { count, line, route, seconds, share } from "./_config_values.ts";

const ratio = () => z.number().min(0.001).max(1).default(0.5);

/** `circuit_breaker` */
export const circuitBreaker = z.strictObject({
  failure_threshold: count(1, 1000).default(5)
    .describe("Failures in a row after which a deployment is left alone."),
  failure_ratio: ratio()
    .describe("Share of attempts within window that does the same."),
  window: z.number().min(0.1).max(3600).default(10)
    .describe("Seconds that an attempt counts for the shares."),
  min_samples: count(2, 1_000_000).default(20)
    .describe("Attempts in the window before a share means anything."),
  slow_first_byte: seconds(3600).optional()
    .describe("Seconds after which a first byte is slow; none is by default."),
  slow_ratio: ratio()
    .describe("Share of slow first bytes after which it is left alone too."),
  recovery_timeout: seconds(3600).default(30)
    .describe("Seconds until it is tried again."),
  // One request is enough to find out; more would be paid for by callers.
  half_open_max_calls: count(1, 1000).default(1)
    .describe("Requests let through while it is tried."),
}).prefault({}).describe("When a failing deployment is left alone.");

/** `retry` */
export const retry = z.strictObject({
  // Clients make three of each as well: layers multiply.
  max_attempts: count(1, 3).default(3)
    .describe("Attempts of a request in all, retries and fallbacks alike."),
  budget: share().default(0.1)
    .describe("Further attempts for each request on average, 0 to 1."),
}).prefault({}).describe("How many attempts a request may have.");

const fault = z.strictObject({
  type: z.enum([
    "delay",
    "error",
    "rate_limit",
    "timeout",
    "network_failure",
    "cut_stream",
  ]).describe("What happens."),
  probability: share().describe(
    "Share of matching requests it strikes, 0 to 1.",
  ),
  match: z.strictObject({
    provider: line().optional().describe("The provider's name."),
    model: line().optional().describe("The model's name."),
    route: route().optional().describe("The route."),
  }).prefault({}).describe("Which requests it may strike; all by default."),
  delay: seconds(3600).optional()
    .describe("Seconds to wait, for delay and timeout."),
  status: count(400, 599).optional()
    .describe("The status of an error; 500 by default."),
  retry_after: seconds(3600).optional()
    .describe("Seconds told in retry-after, for rate_limit."),
  after_events: count(0, 1_000_000).optional()
    .describe("Content events before a cut_stream; 1 by default."),
}).describe("One fault to inject.");

/** `chaos_engineering` */
export const chaosEngineering = z.strictObject({
  enabled: z.boolean().default(false)
    .describe("Whether faults are injected; without it none may stand here."),
  faults: z.array(fault).max(100).default([])
    .describe("Tried in order; the first that strikes is used."),
}).prefault({}).describe("Faults injected on purpose.");
