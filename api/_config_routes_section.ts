import type { StrategyName } from "@llm-proxy/core/routing";
import * as z from "@zod/zod";
import { routeCondense } from "./_config_condense_section.ts";
import { flagName } from "./_config_flag_section.ts";
import { staleness } from "./_config_feature_sections.ts";
import { guardrailNames } from "./_config_guardrail_section.ts";
import { count, headerName, line, seconds, share } from "./_config_values.ts";

/** The strategies that a config may name. */
export const STRATEGIES = [
  "ordered",
  "weighted",
  "least_latency",
  "least_busy",
  "lowest_cost",
  "quota_aware",
] as const satisfies readonly StrategyName[];

const targets = () =>
  z.array(z.union([
    line(),
    z.strictObject({
      model: line().describe("As a target without settings is written."),
      weight: z.number().min(0).max(1_000_000).optional()
        .describe("Its share among targets of the same priority."),
      priority: count(0, 1_000_000).optional()
        .describe("The lowest is tried first; 0 by default."),
    }),
  ])).min(1).max(1000);

const names = () => z.array(line()).max(100).default([]);

const sticky = z.strictObject({
  header: headerName().optional()
    .describe("A header that tells a session; it comes before prefix."),
  prefix: z.boolean().default(false)
    .describe("Whether the beginning of a conversation tells it."),
  max_load: z.number().min(1.1).max(1000).default(1.5)
    .describe("A session moves on at so many times the mean load."),
});

const arm = z.strictObject({
  name: line(64).describe("Its name, for logs and metrics."),
  share: share().describe("Share of callers that it gets, 0 to 1."),
  flag: flagName().optional()
    .describe("A flag of feature_flags that must be on as well."),
  targets: targets().describe("Where it leads, written as in the route."),
  rollback: z.strictObject({
    errors: share().default(0.05)
      .describe("How much larger its share of failures may be, 0 to 1."),
    slowdown: z.number().min(1).max(100).default(2)
      .describe("By what factor its answers may begin later."),
    min_requests: count(1, 1_000_000).default(50)
      .describe("Attempts of each side that must have been seen."),
    window: seconds(86_400).default(600)
      .describe("Seconds over which both are looked at."),
  }).optional().describe(
    "Switches its flag off when it does worse than the rest; {} for the defaults.",
  ),
}).refine(
  ({ flag, rollback }) => rollback === undefined || flag !== undefined,
  {
    path: ["rollback"],
    message: "rollback needs a flag to switch off",
  },
);

const shadow = z.strictObject({
  share: share().describe("Share of requests that are copied, 0 to 1."),
  flag: flagName().optional()
    .describe("A flag of feature_flags that must be on as well."),
  target: line().describe("Where the copy goes."),
});

const hedge = z.strictObject({
  quantile: share().default(0.95)
    .describe("Share of first tokens that would have come by then."),
  max_share: share().default(0.05)
    .describe("Most second calls for each request, 0 to 1."),
  max_cost_share: share().default(0.05)
    .describe("Most that they may cost for each dollar of requests, 0 to 1."),
  min_samples: count(1, 1_000_000).default(50)
    .describe("First tokens that must have been measured before."),
  min_delay: seconds(600).default(0.1)
    .describe("No second call starts earlier, in seconds."),
  max_delay: seconds(600).default(30)
    .describe("No second call waits longer, in seconds."),
  burst: count(1, 1000).default(5)
    .describe("Second calls that may be saved up."),
});

const semantic = z.strictObject({
  model: line().describe(
    "The model that makes vectors of questions, as a caller would write it.",
  ),
  // Below this, questions with other answers are taken for the same.
  threshold: share().default(0.95)
    .describe("How near a question must be, as a cosine, 0 to 1."),
  dry_run: z.boolean().default(false).describe(
    "Whether what would have been answered is logged and not told.",
  ),
  timeout: seconds(60).default(1)
    .describe("Seconds that the vector of a question may take."),
});

const cache = z.strictObject({
  enabled: z.boolean().default(true)
    .describe("Whether answers are kept that come by this route."),
  ttl: seconds(31_536_000).optional()
    .describe("Seconds an answer is kept; by default as caching says."),
  stale: staleness().optional().describe(
    "Seconds after that in which it is still given, and renewed.",
  ),
  shared: z.boolean().optional()
    .describe("Whether callers have their answers in common."),
  semantic: semantic.optional().describe(
    "Answers for questions that mean nearly the same; none with tools or images.",
  ),
});

const route = z.strictObject({
  match: z.union([line(), z.array(line()).min(1).max(1000)]).describe(
    "The model names that callers use: one or a list, each with one * at most.",
  ),
  strategy: z.enum(STRATEGIES).default("ordered")
    .describe("How targets of the same priority are ordered."),
  targets: targets().describe(
    "Where it leads: provider/model, or a model that providers list.",
  ),
  fallbacks: names()
    .describe("What comes after a failure: names as callers write them."),
  context_window_fallbacks: names()
    .describe("What comes when the request is too long."),
  content_policy_fallbacks: names()
    .describe("What comes when the provider refuses the content."),
  sticky: sticky.optional()
    .describe("What keeps the requests of a session at one deployment."),
  arms: z.array(arm).max(100).default([])
    .describe("A canary or an experiment; the rest gets the targets."),
  shadow: shadow.optional()
    .describe("Copies of requests, whose answers are thrown away."),
  hedge: hedge.optional()
    .describe(
      "When slow requests are sent a second time; {} for the defaults.",
    ),
  condense: routeCondense.optional().describe(
    "How conversations are shortened here; false leaves them as they are.",
  ),
  cache: cache.optional()
    .describe("How answers are kept; {} switches it on."),
  guardrails: guardrailNames().optional().describe(
    "The names of its guardrails, in order, in place of default_guardrails; [] for none.",
  ),
  // Two models' words in one answer are nothing that a caller expects.
  after_commit: z.enum(["error", "continue"]).default("error").describe(
    "What a stream that breaks after its first content ends in: an error, or plain text of another deployment.",
  ),
  hang_up: z.enum(["cancel", "drain-to-bill", "finish-and-cache"])
    .default("cancel").describe(
      "What becomes of a stream whose client leaves: it is cancelled; read on for drain_timeout at most, so that its usage is known; or read to its end, for the cache as well.",
    ),
  drain_timeout: seconds(3600).default(30)
    .describe("Seconds that drain-to-bill reads on at most."),
}).describe("Where requests for some model names go.");

/** `routes` */
export const routes = z.array(route).max(10_000).default([]).describe(
  "Where requests go that are not meant for one provider; of several that fit the one with the most letters counts.",
);
