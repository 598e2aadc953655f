import { assert, assertEquals, assertMatch } from "@std/assert";
import { OtlpReceiver } from "./_test_otlp_receiver.ts";
import { GatewayMetrics } from "./gateway_metrics.ts";
import { MetricsCollector } from "./metrics_collector.ts";
import {
  OpenTelemetryConfig,
  type OpenTelemetryOptions,
  type OtlpProtocol,
} from "./opentelemetry_config.ts";
import { Redactor } from "./redactor.ts";
import type { SpanData } from "./span_data.ts";
import { newSpanId, newTraceId } from "./trace_id.ts";

const SECRET = "correct-horse-battery-7731";

const PROTOCOLS: readonly OtlpProtocol[] = [
  "http/protobuf",
  "http/json",
  "grpc",
];

function receiver(protocol: OtlpProtocol): Promise<OtlpReceiver> {
  return protocol === "grpc"
    ? OtlpReceiver.grpc()
    : Promise.resolve(OtlpReceiver.http());
}

function configOf(
  { endpoint }: Pick<OtlpReceiver, "endpoint">,
  options: OpenTelemetryOptions = {},
): OpenTelemetryConfig {
  return new OpenTelemetryConfig({
    endpoint,
    env: () => undefined,
    ...options,
  });
}

function span(more: Partial<SpanData> = {}): SpanData {
  const endedAt = Date.now();
  return {
    name: "chat m",
    kind: "client",
    traceId: newTraceId(),
    spanId: newSpanId(),
    startedAt: endedAt - 850.25,
    endedAt,
    attributes: {},
    ...more,
  };
}

/** Metrics of every kind. */
function metricsOf(): MetricsCollector {
  const collector = new MetricsCollector();
  const metrics = new GatewayMetrics(collector, { version: "1.0.0" });
  const target = {
    operation: "chat",
    provider: "eu",
    providerType: "openai",
    model: "m",
  };
  metrics.requestStarted();
  metrics.attemptEnded({ target, outcome: "ok", durationMs: 850 });
  metrics.requestEnded({
    method: "POST",
    route: "/v1/chat/completions",
    status: 200,
    durationMs: 852,
    target,
    usage: { input: 40, output: 7 },
  });
  return collector;
}

for (const protocol of PROTOCOLS) {
  Deno.test(`Telemetry sends spans and metrics over ${protocol} as OpenTelemetry defines them`, async () => {
    await using collector = await receiver(protocol);
    const config = configOf(collector, {
      protocol,
      headers: { "X-Tenant": "blue" },
      serviceName: "gate",
      resource: { "deployment.environment.name": "test" },
    });
    const telemetry = config.start({
      collector: metricsOf(),
      scope: { name: "llm-proxy", version: "1.2.3" },
    });
    const first = span({
      kind: "server",
      name: "POST /v1/chat/completions",
      parent: { spanId: "b7ad6b7169203331", remote: true },
      traceState: "vendor=1",
      failure: "It broke",
      events: [{ name: "half", at: Date.now() - 400, attributes: { n: 2 } }],
    });
    const second = span({
      traceId: first.traceId,
      parent: { spanId: first.spanId, remote: false },
      attributes: {
        text: "équipe 模型",
        whole: 1_234_567_890_123,
        half: 0.5,
        yes: true,
        list: ["a", "b"],
        none: undefined,
      },
    });
    telemetry.record([first, second]);
    await telemetry.close();

    assertEquals(collector.faults, []);
    assertEquals([telemetry.exported, telemetry.dropped], [2, 0]);
    assertEquals(collector.heads[0]?.["x-tenant"], "blue");
    const [server, client] = collector.spans;
    assertEquals(
      [server?.kind, server?.name, server?.status, server?.message],
      ["SERVER", "POST /v1/chat/completions", "ERROR", "It broke"],
    );
    assertEquals(
      [server?.traceId, server?.spanId, server?.parentSpanId],
      [first.traceId, first.spanId, "b7ad6b7169203331"],
    );
    assertEquals([server?.hasRemoteParent, server?.traceState], [
      true,
      "vendor=1",
    ]);
    assert(Math.abs(server!.startedAt - first.startedAt) < 0.01);
    assertEquals(server?.endedAt, first.endedAt);
    assertEquals(
      server?.events.map(({ name, attributes }) => [
        name,
        attributes,
      ]),
      [["half", { n: 2n }]],
    );
    assertEquals([client?.kind, client?.status], ["CLIENT", "UNSET"]);
    assertEquals(
      [client?.parentSpanId, client?.hasRemoteParent],
      [first.spanId, false],
    );
    assertEquals(client?.attributes, {
      text: "équipe 模型",
      whole: 1_234_567_890_123n,
      half: 0.5,
      yes: true,
      list: ["a", "b"],
    });
    assertEquals(client?.resource, {
      "service.name": "gate",
      "deployment.environment.name": "test",
    });
    assertEquals(client?.scope, { name: "llm-proxy", version: "1.2.3" });

    const usage = collector.metrics.get("gen_ai.client.token.usage");
    assertEquals([usage?.unit, usage?.kind], ["{token}", "histogram"]);
    const same = {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "m",
    };
    assertEquals(
      usage?.points.map(({ attributes, value, count }) => ({
        attributes,
        value,
        count,
      })),
      [
        {
          attributes: { ...same, "gen_ai.token.type": "input" },
          value: 40,
          count: 1,
        },
        {
          attributes: { ...same, "gen_ai.token.type": "output" },
          value: 7,
          count: 1,
        },
      ],
    );
    const duration = collector.metrics.get("gen_ai.client.operation.duration");
    assertEquals([duration?.unit, duration?.points[0]?.value], ["s", 0.85]);
    const requests = collector.metrics.get("proxy_api_requests_total");
    assertEquals([requests?.kind, requests?.points[0]?.value], ["sum", 1]);
    const memory = collector.metrics.get("process_resident_memory_bytes");
    assertEquals([memory?.kind, memory?.unit], ["gauge", "By"]);
  });

  Deno.test(`Telemetry over ${protocol} drops what is refused for good, tries again what is not, and counts exactly`, async () => {
    await using collector = await receiver(protocol);
    const told: (string | undefined)[] = [];
    const telemetry = configOf(collector, { protocol }).start({
      onTrouble: (error) => void told.push(error?.message),
    });
    collector.mood = "reject";
    telemetry.record([span(), span()]);
    await telemetry.flush();
    assertEquals([telemetry.exported, telemetry.dropped], [0, 2]);
    assertEquals(collector.bodies.length, 1);

    collector.mood = "refuse";
    telemetry.record([span()]);
    const flushed = telemetry.flush();
    while (collector.bodies.length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    collector.mood = "take";
    await flushed;
    assertEquals([telemetry.exported, telemetry.dropped], [1, 2]);

    collector.mood = "take all but one";
    telemetry.record([span(), span(), span()]);
    await telemetry.flush();
    assertEquals([telemetry.exported, telemetry.dropped], [3, 3]);

    await telemetry.close();
    telemetry.record([span()]);
    assertEquals([telemetry.exported, telemetry.dropped], [3, 4]);
    // Told once when it begins, and once when it is over.
    assertEquals(told.length, 2);
    assertMatch(String(told[0]), /status 400|code INVALID_ARGUMENT/);
    assertEquals(told[1], undefined);
    assertEquals(collector.faults, []);
  });
}

/** A flood of spans, none of which is ever taken. */
async function flood(config: OpenTelemetryConfig): Promise<void> {
  const telemetry = config.start({ collector: metricsOf() });
  for (let count = 0; count < 1_500; count++) {
    telemetry.record([span(), span()]);
  }
  // No half of a trace is kept, and no more than there is room for.
  assertEquals(telemetry.dropped, 3_000 - 2_048);
  const from = performance.now();
  await telemetry.close();
  const took = performance.now() - from;
  assert(took < 8_000, `closed after ${took} ms`);
  assertEquals([telemetry.exported, telemetry.dropped], [0, 3_000]);
}

const ABSENT = { endpoint: "http://127.0.0.1:9" };

Deno.test("P8: Telemetry waits for nobody: a collector that hangs, or is not there, costs what is dropped", async () => {
  await using collector = OtlpReceiver.http();
  await using grpc = await OtlpReceiver.grpc();
  collector.mood = grpc.mood = "hang";
  await Promise.all([
    flood(configOf(collector)),
    flood(configOf(ABSENT)),
    flood(configOf(grpc, { protocol: "grpc" })),
  ]);
});

Deno.test("X11: no secret is in what Telemetry sends, wherever it stood", async () => {
  await using collector = OtlpReceiver.http();
  const telemetry = configOf(collector).start({
    redactor: new Redactor([SECRET]),
  });
  telemetry.record([
    span({
      name: `chat ${SECRET}`,
      attributes: {
        a: SECRET,
        b: [SECRET, `Bearer ${SECRET}`],
        c: `https://x.example/v1?key=${SECRET}`,
      },
      events: [{ name: SECRET, at: Date.now(), attributes: { d: SECRET } }],
      failure: `Refused ${encodeURIComponent(SECRET)}`,
      traceState: `v=${SECRET}`,
    }),
  ]);
  await telemetry.close();
  assertEquals(collector.faults, []);
  const sent = collector.bodies.map((it) => new TextDecoder().decode(it))
    .join();
  assert(!sent.includes(SECRET) && !sent.includes("horse"), sent);
});

Deno.test("Telemetry sends metrics from time to time, and one push at a time", async () => {
  await using collector = OtlpReceiver.http();
  const telemetry = configOf(collector, { metricIntervalMs: 20 }).start({
    collector: metricsOf(),
  });
  while (collector.bodies.length < 3) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  collector.mood = "hang";
  const { length } = collector.bodies;
  while (collector.bodies.length === length) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  assertEquals(collector.bodies.length, length + 1);
  await telemetry.close();
  assertEquals(collector.faults, []);
});

Deno.test("Telemetry follows no redirect with its headers", async () => {
  await using collector = OtlpReceiver.http();
  const elsewhere = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.redirect(collector.endpoint, 307),
  );
  const endpoint = `http://127.0.0.1:${elsewhere.addr.port}`;
  const telemetry = configOf({ endpoint }, { headers: { "x-key": SECRET } })
    .start();
  telemetry.record([span()]);
  await telemetry.close();
  await elsewhere.shutdown();
  assertEquals(collector.bodies.length, 0);
  assertEquals(telemetry.dropped, 1);
});

// The last of this file, for gRPC's library looks once more for a collector that
// was not there, some seconds after it was closed.
Deno.test({
  name: "P8: Telemetry waits for no collector that is not there, over grpc",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () => flood(configOf(ABSENT, { protocol: "grpc" })),
});
