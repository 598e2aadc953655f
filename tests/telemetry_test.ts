// What a collector is told of requests, held against the log, the metrics and
// what providers were sent.
import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import type { ReceivedSpan } from "../logging/_test_otlp_definitions.ts";
import { OtlpReceiver } from "../logging/_test_otlp_receiver.ts";
import { healthy, silence, status, unfinished } from "./_faults.ts";
import { Fleet } from "./_fleet.ts";
import { post, RawClient } from "./_raw_client.ts";
import { until } from "../logging/_test_wait.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

/** A fleet whose gateway sends its telemetry to a collector. */
function start(
  collector: OtlpReceiver,
  telemetry = "sample_ratio: 1",
): Promise<Fleet> {
  return Fleet.start({
    config: `
app: {environment: test}
telemetry: {enabled: true, endpoint: "${collector.endpoint}", ${telemetry}}
retry: {budget: 1}
routes:
  - {match: both, targets: [a/m, b/claude]}
`,
    provider: (name) =>
      name === "b" ? "type: anthropic, api_key: sk-key-of-b-0815" : "",
  });
}

function chat(
  model: string,
  more: { readonly stream?: boolean; readonly headers?: string } = {},
): string {
  const { stream = false, headers = "" } = more;
  const messages = [{ role: "user", content: "hi" }];
  return post({ model, stream, messages }, { headers });
}

/** All spans, once the gateway has ended. */
async function spansOf(
  collector: OtlpReceiver,
  fleet: Fleet,
): Promise<readonly ReceivedSpan[]> {
  await fleet[Symbol.asyncDispose]();
  assertEquals(collector.faults, []);
  return collector.spans;
}

for (const protocol of ["http/protobuf", "http/json", "grpc"] as const) {
  Deno.test(`a streamed, retried, translated request is one trace, one line and its metrics, over ${protocol}`, async () => {
    await using collector = protocol === "grpc"
      ? await OtlpReceiver.grpc()
      : OtlpReceiver.http();
    const fleet = await start(
      collector,
      `sample_ratio: 0, protocol: ${protocol}`,
    );
    fleet.of("a").next(status(429, { headers: { "retry-after": "0" } }));
    fleet.of("b").usual = healthy({ firstTokenMs: 40 });
    const answer = await fleet.answer(chat("both", {
      stream: true,
      headers:
        `traceparent: 00-${TRACE}-${SPAN}-01\r\ntracestate: vendor=7\r\n`,
    }));
    assertEquals(answer.status, 200, answer.body);
    const line = await fleet.line(answer);
    const heads = ["a", "b"].map((name) => fleet.of(name).requests[0]?.headers);
    const spans = await spansOf(collector, fleet);

    assertEquals(spans.map(({ name, kind }) => [name, kind]), [
      ["POST /v1/chat/completions", "SERVER"],
      ["chat m", "CLIENT"],
      ["chat claude", "CLIENT"],
    ]);
    const [request, first, second] = spans as [
      ReceivedSpan,
      ReceivedSpan,
      ReceivedSpan,
    ];
    // One trace, the caller's; the request is its child, the attempts are the request's.
    assertEquals(
      spans.map(({ traceId, traceState }) => [traceId, traceState]),
      Array(3).fill([TRACE, "vendor=7"]),
    );
    assertEquals(
      spans.map(({ parentSpanId, hasRemoteParent }) => [
        parentSpanId,
        hasRemoteParent,
      ]),
      [[SPAN, true], [request.spanId, false], [request.spanId, false]],
    );
    // Each provider was told its own attempt.
    for (const [index, { spanId }] of [first, second].entries()) {
      assertEquals(
        heads[index]?.get("traceparent"),
        `00-${TRACE}-${spanId}-01`,
      );
      assertEquals(heads[index]?.get("tracestate"), "vendor=7");
    }
    // The line has the same ids and numbers.
    assertEquals([line.trace_id, line.span_id], [TRACE, request.spanId]);
    const lasted = request.endedAt - request.startedAt;
    assert(Math.abs(lasted - Number(line.duration_ms)) < 0.1, `${lasted}`);
    const {
      "llm_proxy.request_id": id,
      "llm_proxy.overhead": overhead,
      "llm_proxy.queue_time": queue,
      "llm_proxy.loss": loss,
      ...told
    } = request.attributes;
    assertEquals([id, loss], [line.request_id, line.loss]);
    assert(Math.abs(Number(overhead) * 1e3 - Number(line.overhead_ms)) < 0.1);
    assertEquals(Number(queue), 0);
    assertEquals(told, {
      "http.request.method": "POST",
      "http.route": "/v1/chat/completions",
      "http.response.status_code": 200n,
      "llm_proxy.dialect": "openai_chat",
      "llm_proxy.requested_model": "both",
      "llm_proxy.deployment": "b/claude",
      "llm_proxy.attempts": 2n,
    });
    const ports = ["a", "b"].map((name) =>
      BigInt(new URL(fleet.of(name).origin).port)
    );
    assertEquals(first.attributes, {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai_compatible",
      "gen_ai.request.model": "m",
      "gen_ai.request.stream": true,
      "server.address": "127.0.0.1",
      "server.port": ports[0],
      "http.response.status_code": 429n,
      "error.type": "rate_limit_exceeded",
      "llm_proxy.provider": "a",
      "llm_proxy.deployment": "a/m",
    });
    const { "gen_ai.response.time_to_first_chunk": wait, ...answered } =
      second.attributes;
    assertEquals(answered, {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "anthropic",
      "gen_ai.request.model": "claude",
      "gen_ai.request.stream": true,
      "gen_ai.response.model": "m-1",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.input_tokens": 3n,
      "gen_ai.usage.output_tokens": 2n,
      "server.address": "127.0.0.1",
      "server.port": ports[1],
      "http.response.status_code": 200n,
      "llm_proxy.provider": "b",
      "llm_proxy.deployment": "b/claude",
    });
    assertGreater(Number(wait), 0.035);
    assertEquals(spans.map(({ status }) => status), [
      "UNSET",
      "ERROR",
      "UNSET",
    ]);
    // The stream is measured to its end, and each span lies within the request's.
    assert(first.endedAt <= second.startedAt && second.endedAt > first.endedAt);
    for (const { startedAt, endedAt } of [first, second]) {
      assert(startedAt >= request.startedAt && endedAt <= request.endedAt);
    }
    assertEquals(
      first.events.map(({ name, attributes }) => [
        name,
        attributes["exception.type"],
      ]),
      [["exception", "rate_limit_exceeded"]],
    );
    assertEquals(second.events.map(({ name }) => name), [
      "llm_proxy.first_content",
    ]);
    assertEquals(request.events[0]?.at, second.events[0]?.at);
    const {
      "service.version": version,
      "service.instance.id": instance,
      ...resource
    } = request.resource;
    assertMatch(String(instance), /^[\da-f-]{36}$/);
    assertEquals(resource, {
      "service.name": "llm-proxy",
      "deployment.environment.name": "test",
    });
    assertEquals(request.scope, {
      name: "llm-proxy",
      version: String(version),
    });

    const { metrics } = collector;
    const attempts = metrics.get("gen_ai.client.operation.duration")?.points;
    assertEquals(attempts?.map(({ attributes }) => attributes), [{
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "anthropic",
      "gen_ai.request.model": "claude",
    }, {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai_compatible",
      "gen_ai.request.model": "m",
      "error.type": "rate_limit",
    }]);
    const usage = metrics.get("gen_ai.client.token.usage");
    assertEquals(usage?.unit, "{token}");
    assertEquals(
      usage?.points.map(({ attributes, value }) => [
        attributes["gen_ai.token.type"],
        value,
      ]),
      [["input", 3], ["output", 2]],
    );
    const firstToken = metrics.get("gen_ai.server.time_to_first_token");
    const measured = Number(firstToken?.points[0]?.value) * 1_000;
    assert(Math.abs(measured - Number(line.first_content_ms)) < 0.1);
    const requests = metrics.get("proxy_api_requests_total");
    assertEquals(
      requests?.points.map(({ attributes, value }) => [attributes, value]),
      [[{
        method: "POST",
        endpoint: "/v1/chat/completions",
        status_code: "200",
      }, 1]],
    );
  });
}

Deno.test("traces are kept by rate, and always where a request failed or was slow", async () => {
  await using collector = OtlpReceiver.http();
  const fleet = await start(collector, "sample_ratio: 0, slow: 0.6");
  const a = fleet.of("a");
  const id = async (text: string): Promise<unknown> =>
    (await fleet.line(await fleet.answer(text))).request_id;
  await id(chat("a/m"));
  await id(chat("nobody"));
  a.next(status(400));
  await id(chat("a/m-400"));
  const kept: unknown[] = [];
  a.next(status(500));
  kept.push(await id(chat("a/m-500")));
  a.next(unfinished("chunked"));
  kept.push(await id(chat("a/m-cut", { stream: true })));
  a.next(healthy({ firstTokenMs: 650 }));
  kept.push(await id(chat("a/m-slow", { stream: true })));
  const parent = (flags: string): string =>
    `traceparent: 00-${TRACE}-${SPAN}-${flags}\r\n`;
  await id(chat("a/m", { headers: parent("00") }));
  kept.push(await id(chat("a/m", { headers: parent("01") })));
  a.next(status(500));
  kept.push(await id(chat("a/m-501", { headers: parent("00") })));
  // What machines ask all the time is in no trace.
  await (await fetch(`${fleet.url}/health`)).body?.cancel();

  const spans = await spansOf(collector, fleet);
  const requests = spans.filter(({ kind }) => kind === "SERVER");
  assertEquals(
    requests.map(({ attributes }) => attributes["llm_proxy.request_id"]),
    kept,
  );
  assertEquals(
    requests.map(({ status, attributes }) => [
      status,
      attributes["error.type"],
    ]),
    [
      ["ERROR", "upstream_error"],
      ["ERROR", "upstream_stream_truncated"],
      ["UNSET", undefined],
      ["UNSET", undefined],
      ["ERROR", "upstream_error"],
    ],
  );
  const begun = requests.map(({ parentSpanId }) => parentSpanId);
  assertEquals(begun, ["", "", "", SPAN, SPAN]);
});

Deno.test("the end of a gateway in mid-stream is in its trace, and nothing is lost", async () => {
  await using collector = OtlpReceiver.http();
  const fleet = await start(collector);
  fleet.of("a").next(silence("in_body"));
  const client = await RawClient.connect(fleet.url);
  await client.send(chat("a/m", { stream: true }));
  await client.until("hel");
  const spans = await spansOf(collector, fleet);
  client.leave();
  assertEquals(
    spans.map(({ kind, attributes }) => [kind, attributes["error.type"]]),
    [["SERVER", "shutting_down"], ["CLIENT", "shutting_down"]],
  );
});

Deno.test("X11: a key in an address, a header or a provider's error is in no span", async () => {
  await using collector = OtlpReceiver.http();
  const fleet = await start(collector);
  const secret = "sk-key-of-b-0815";
  const echo = `{"error":{"message":"Bad key ${secret}","type":"${secret}"}}`;
  fleet.of("b").usual = status(401, { body: echo });
  await fleet.answer(chat("b/claude"));
  await fleet.answer(chat(`b/${secret}`));
  await fleet.answer(
    post({}, { path: `/v1/nowhere/${secret}?key=${secret}` }),
  );
  const spans = await spansOf(collector, fleet);
  assertEquals(spans.filter(({ kind }) => kind === "SERVER").length, 3);
  const sent = collector.bodies.map((it) => new TextDecoder().decode(it));
  assert(!sent.join().includes("key-of-b"), sent.join());
});

Deno.test("off costs nothing: no ids are drawn, and no provider hears of a trace", async () => {
  await using fleet = await Fleet.start();
  const headers = `traceparent: 00-${TRACE}-${SPAN}-01\r\n`;
  const line = await fleet.line(await fleet.answer(chat("a/m", { headers })));
  assertEquals([line.trace_id, line.span_id], [TRACE, SPAN]);
  assertEquals(fleet.of("a").requests[0]?.headers.has("traceparent"), false);
});

Deno.test("telemetry.propagate: false keeps the trace from providers", async () => {
  await using collector = OtlpReceiver.http();
  const fleet = await start(collector, "sample_ratio: 1, propagate: false");
  await fleet.line(await fleet.answer(chat("a/m")));
  assertEquals(fleet.of("a").requests[0]?.headers.has("traceparent"), false);
  assertEquals((await spansOf(collector, fleet)).length, 2);
});

Deno.test("a collector that is not there is told of once, and of its being there again", async () => {
  await using collector = OtlpReceiver.http();
  collector.mood = "reject";
  const fleet = await start(collector);
  const count = (message: string): number =>
    fleet.records.filter(({ msg }) => msg === message).length;
  // As many as are sent at once.
  const batch = (): Promise<unknown> =>
    Promise.all(Array.from({ length: 128 }, () => fleet.answer(chat("a/m"))));
  await batch();
  await until(() => count("telemetry is not sent") === 1, "the warning");
  await batch();
  await until(() => collector.bodies.length >= 2, "the second");
  collector.mood = "take";
  await batch();
  await until(() => count("telemetry is sent again") === 1, "the word");
  assertEquals(count("telemetry is not sent"), 1);
  const text = await (await fetch(`${fleet.url}/metrics`)).text();
  assertMatch(text, /^proxy_api_spans_dropped_total 512$/m);
  await fleet[Symbol.asyncDispose]();
});
