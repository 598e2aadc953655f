import {
  parseTraceParent,
  redactingSink,
  Redactor,
  StructuredLogger,
} from "@llm-proxy/logging";
import { AttemptTrace } from "./attempt_trace.ts";
import { parseConfig } from "./config.ts";
import { Gateway } from "./gateway.ts";
import { RequestRecord } from "./request_record.ts";
import { tellOfRequest } from "./tell_of_request.ts";

/** As many secrets as a large config has. */
const SECRETS = Array.from(
  { length: 30 },
  () => `sk-${crypto.randomUUID()}${crypto.randomUUID()}`,
);

function open(level: "info" | "error", telemetry = ""): Gateway {
  const result = parseConfig(
    `providers: [{name: bench, type: lmstudio, models: [bench-1]}]\n${telemetry}`,
    { file: "bench.yaml", env: () => undefined },
  );
  if (!result.ok) throw new TypeError("The config has faults");
  const redactor = new Redactor(SECRETS);
  const logger = new StructuredLogger({
    level,
    format: "json",
    sink: redactingSink((line) => void line.charCodeAt(0), redactor),
  });
  const gateway = new Gateway(result.config, { logger });
  for (const secret of SECRETS) gateway.metrics.redactor.add(secret);
  return gateway;
}

const off = open("error", "logging: {requests: {max_rows: 0}}");
const on = open("info");
const traced = open(
  "info",
  `telemetry: {enabled: true, endpoint: "http://127.0.0.1:9", sample_ratio: 0.01, metrics: false}`,
);
const all = open(
  "info",
  `telemetry: {enabled: true, endpoint: "http://127.0.0.1:9", sample_ratio: 1, metrics: false}`,
);

const ROUTE = {
  method: "POST",
  path: "/v1/chat/completions",
  operation: "chat",
  handle: () => {},
} as const;
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
function answered(gateway: Gateway, stream: boolean): RequestRecord {
  const [target] = gateway.table.match("bench-1")?.route.targets ?? [];
  const [candidate] = gateway.table.candidates(target ? [target] : [], "");
  if (candidate === undefined) throw new TypeError("There is no candidate");
  const record = new RequestRecord("POST", ROUTE);
  const attempt = record.attempts.begin(candidate.deployment.id);
  record.requestedModel = "bench-1";
  record.key = "team-a";
  record.status = 200;
  record.finish = "stop";
  record.stream = stream;
  const trace = new AttemptTrace(candidate);
  trace.headersAt = record.startedAt + 20;
  record.answers(trace);
  record.usage = USAGE;
  record.firstContentAt = record.startedAt + 200;
  attempt.end({ reason: "ok", status: 200, durationMs: 850 });
  record.settle();
  return record;
}

/** All that is told of a request, from its beginning to its end. */
function tell(name: string, gateway: Gateway, baseline: boolean): void {
  const record = answered(gateway, true);
  Deno.bench(name, { group: "tell of a request", baseline }, () => {
    gateway.metrics.started();
    record.tracing = gateway.metrics.telemetry.begin(record, {
      header: () => undefined,
    });
    tellOfRequest({ gateway, record, route: ROUTE, recorded: undefined });
  });
}

tell("by metrics alone", off, true);
tell("by metrics, a line of the log and a row of the last requests", on, false);
tell("and by a trace that is not chosen", traced, false);
tell("and by a trace that is", all, false);

const { metrics } = off;
const whole = answered(off, false);
const stream = answered(off, true);

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
