import { parseTraceParent, StructuredLogger } from "@llm-proxy/logging";
import { AttemptTrace } from "./attempt_trace.ts";
import { parseConfig } from "./config.ts";
import { Gateway } from "./gateway.ts";
import { RequestRecord } from "./request_record.ts";

const result = parseConfig(
  "providers: [{name: bench, type: lmstudio, models: [bench-1]}]",
  { file: "bench.yaml", env: () => undefined },
);
if (!result.ok) throw new TypeError("The config has faults");
const logger = new StructuredLogger({ sink: () => {} });
const { metrics, table } = new Gateway(result.config, { logger });
const [target] = table.match("bench-1")?.route.targets ?? [];
const [candidate] = table.candidates(target ? [target] : [], "");
if (candidate === undefined) throw new TypeError("There is no candidate");

const ROUTE = { path: "/v1/chat/completions", operation: "chat" } as const;
const USAGE = {
  input: 1_234,
  cached: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  output: 456,
  reasoning: 0,
  total: 1_690,
};
const TRACE_PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** A request that one attempt has answered. */
function answered(stream: boolean): RequestRecord {
  const record = new RequestRecord("POST", ROUTE);
  const attempt = record.attempts.begin(candidate!.deployment.id);
  record.stream = stream;
  record.answers(new AttemptTrace(candidate!));
  record.usage = USAGE;
  attempt.end({ reason: "ok", status: 200, durationMs: 850 });
  return record;
}

const whole = answered(false);
const stream = answered(true);

Deno.bench("count a whole answer with its attempt", () => {
  metrics.started();
  metrics.ended(whole);
});

Deno.bench("count a stream with its attempt", () => {
  metrics.started();
  metrics.ended(stream);
});

Deno.bench("read a traceparent", () => {
  parseTraceParent(TRACE_PARENT);
});

Deno.bench("read no traceparent", () => {
  parseTraceParent(undefined);
});
