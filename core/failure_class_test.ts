import { assertEquals, assertThrows } from "@std/assert";
import { type UpstreamFault, upstreamFault } from "./_http_errors.ts";
import { AttemptClock, defaultLimits } from "./attempt_clock.ts";
import { anthropicProvider } from "./dialects/anthropic/dialect.ts";
import { decodeChatError } from "./dialects/openai_chat/decode_error.ts";
import { passChatAnswer } from "./dialects/openai_chat/pass_answer.ts";
import { ChatPassStream } from "./dialects/openai_chat/pass_stream.ts";
import { type ErrorKind, GatewayError, UpstreamError } from "./errors.ts";
import {
  classifyFailure,
  type FailureClass,
  type FailureContext,
} from "./failure_class.ts";
import { until } from "../logging/_test_wait.ts";

const encoder = new TextEncoder();
const bytes = (text: string): Uint8Array => encoder.encode(text);
const caller = (): AbortSignal => new AbortController().signal;
const upstream = (kind: ErrorKind, code = "c"): UpstreamError =>
  new UpstreamError(kind, "M", { code });

/** The error that each dialect makes of an answer with an error status. */
function statusErrors(status: number, body = ""): UpstreamError[] {
  return [
    decodeChatError(status, {}, bytes(body)),
    anthropicProvider.decodeError(status, {}, bytes(body)),
  ];
}

Deno.test("U16, U18: the status of an answer tells whose making it was", () => {
  const classes: [FailureClass, number[]][] = [
    ["fault", [500, 502, 503, 504, 520, 529, 301, 302, 307, 204]],
    ["throttled", [429]],
    ["credential", [401, 402, 403]],
    ["caller", [400, 404, 405, 409, 413, 415, 422, 451]],
  ];
  for (const [failure, statuses] of classes) {
    for (const status of statuses) {
      for (const error of statusErrors(status)) {
        assertEquals(classifyFailure(error), failure, `status ${status}`);
      }
    }
  }
  for (const error of statusErrors(408)) {
    assertEquals(classifyFailure(error), "fault");
  }
});

Deno.test("U17: credit that is used up is the key's matter, whatever its status", () => {
  const body = `{"error":{"code":"insufficient_quota","message":"Too much"}}`;
  for (const status of [402, 429]) {
    const error = decodeChatError(status, {}, bytes(body));
    assertEquals(classifyFailure(error), "credential");
  }
});

Deno.test("U11: a 200 that is no answer is a fault", () => {
  const bodies = [
    "",
    "null",
    "[]",
    "{}",
    `{"choices":[]}`,
    `{"choices":[null]}`,
    `{"choices":[{"message":{"content":"half`,
    `{"error":{"message":"Connection lost"}}`,
    `{"error":{"type":"server_error","message":"Failed","code":500}}`,
    `{"choices":[{"finish_reason":"error","message":{"content":""}}]}`,
    "<html>It works!</html>",
  ];
  for (const body of bodies) {
    const error = assertThrows(() => passChatAnswer(bytes(body)));
    assertEquals(classifyFailure(error), "fault", body);
    const other = assertThrows(() =>
      anthropicProvider.decodeAnswer(bytes(body))
    );
    assertEquals(classifyFailure(other), "fault", body);
  }
});

Deno.test("U11: an error inside a 200 keeps its class", () => {
  const classes: [FailureClass, string, string][] = [
    ["fault", "overloaded_error", "Overloaded"],
    ["throttled", "rate_limit_error", "Slow down"],
    ["credential", "authentication_error", "Who are you"],
    ["caller", "invalid_request_error", "No such field"],
  ];
  for (const [failure, type, message] of classes) {
    const body = bytes(JSON.stringify({ error: { type, message } }));
    const error = assertThrows(() => passChatAnswer(body));
    assertEquals(classifyFailure(error), failure, type);
    const other = assertThrows(() => anthropicProvider.decodeAnswer(body));
    assertEquals(classifyFailure(other), failure, type);
  }
});

Deno.test("U6: a stream that ends before its proper end is a fault", () => {
  const stream = new ChatPassStream({ includeUsage: false });
  stream.push({
    event: "",
    data: `{"choices":[{"index":0,"delta":{"content":"Hel"}}]}`,
  });
  const error = assertThrows(() => stream.end());
  assertEquals(classifyFailure(error), "fault");
  const decoder = anthropicProvider.streamDecoder();
  assertEquals(classifyFailure(assertThrows(() => decoder.end())), "fault");
});

Deno.test("U1, U2: what goes wrong on the way is a fault, what our own bounds stop is ours", () => {
  const classes: Record<UpstreamFault, FailureClass> = {
    upstream_dns_failed: "fault",
    upstream_connect_failed: "fault",
    upstream_tls_failed: "fault",
    upstream_proxy_failed: "fault",
    upstream_address_refused: "gateway",
    upstream_pool_exhausted: "gateway",
    upstream_reset: "fault",
    upstream_header_too_large: "fault",
    upstream_invalid_response: "fault",
    upstream_body_cut: "fault",
    upstream_response_too_large: "gateway",
    upstream_transport_closed: "gateway",
  };
  for (const [code, failure] of Object.entries(classes)) {
    const error = upstreamFault(code as UpstreamFault);
    assertEquals(classifyFailure(error), failure, code);
  }
});

Deno.test("U3, U4: each of the deployment's own limits is a fault when it runs out", async () => {
  for (const phase of ["connect", "headers", "content", "idle"] as const) {
    const clock = new AttemptClock({ ...defaultLimits, [phase]: 1 }, caller());
    clock.enter(phase);
    await until(() => clock.signal.aborted);
    assertEquals(classifyFailure(clock.signal.reason), "fault", phase);
    clock.stop();
  }
});

Deno.test("U18: a limit shorter than the deployment's own is the caller's making", () => {
  const own = defaultLimits;
  const cases: [string, Partial<typeof own>, FailureClass][] = [
    ["total_timeout", { total: 1 }, "caller"],
    ["content_timeout", { content: own.content - 1 }, "caller"],
    ["content_timeout", {}, "fault"],
    ["content_timeout", { content: own.content + 1 }, "fault"],
    // Another limit was shortened, but this one ran out.
    ["content_timeout", { total: 1 }, "fault"],
    // The provider's own words, whatever the limits.
    ["upstream_timeout", { total: 1 }, "fault"],
    ["constructor_timeout", { total: 1 }, "fault"],
  ];
  for (const [code, shorter, failure] of cases) {
    const limits = { ...own, ...shorter };
    const error = upstream("timeout", code);
    const context: FailureContext = { limits, ownLimits: own };
    assertEquals(classifyFailure(error, context), failure, code);
    assertEquals(classifyFailure(error, { limits }), "fault");
  }
});

Deno.test("U18: a caller who left or stopped reading is the caller's making", async () => {
  const closed = new GatewayError("client_closed", "M", {
    code: "client_closed",
  });
  assertEquals(classifyFailure(closed), "caller");
  const clock = new AttemptClock({ ...defaultLimits, client: 1 }, caller());
  clock.enter("client");
  await until(() => clock.signal.aborted);
  assertEquals(classifyFailure(clock.signal.reason), "caller");
  assertEquals(classifyFailure(AbortSignal.abort().reason), "caller");
  // What the transport reports when its exchange is given up may look like a reset.
  const reset = upstream("upstream", "upstream_reset");
  assertEquals(classifyFailure(reset, { callerLeft: true }), "caller");
  assertEquals(classifyFailure(reset, { callerLeft: false }), "fault");
});

Deno.test("U18, U20: no error of the gateway itself is a fault, whatever its kind", () => {
  const classes: Record<ErrorKind, FailureClass> = {
    invalid_request: "caller",
    authentication: "caller",
    permission: "caller",
    not_found: "caller",
    method_not_allowed: "caller",
    unsupported_media_type: "caller",
    too_large: "caller",
    rate_limit: "gateway",
    overloaded: "gateway",
    timeout: "caller",
    upstream: "gateway",
    client_closed: "caller",
    internal: "gateway",
  };
  for (const [kind, failure] of Object.entries(classes)) {
    const error = new GatewayError(kind as ErrorKind, "M", { code: "c" });
    assertEquals(classifyFailure(error), failure, kind);
  }
});

Deno.test("classifyFailure() takes whatever was thrown", () => {
  const thrown = [
    undefined,
    null,
    0,
    "upstream",
    {},
    { kind: "upstream", code: "c" },
    new TypeError("Not a function"),
    new DOMException("M", "DataError"),
  ];
  for (const error of thrown) assertEquals(classifyFailure(error), "gateway");
});
