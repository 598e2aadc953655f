import { addUsage, GatewayError } from "@llm-proxy/core";
import { openAiChatClient } from "@llm-proxy/core/dialects";
import { MockRealtime, realtimeUsage } from "@llm-proxy/core/passing";
import type { RoutedAttempt } from "@llm-proxy/core/routing";
import type { WebSocket } from "ws";
import { replyHeaders } from "./_reply_headers.ts";
import { openRealtime } from "./_realtime_upstream.ts";
import { scrubError } from "./_scrub_error.ts";
import { AttemptTrace } from "./attempt_trace.ts";
import { type RequestContext, route } from "./endpoints.ts";
import { relaySockets, type SocketRelayOptions } from "./relay_sockets.ts";
import { toldError } from "./relay_stream.ts";
import { SessionBudget } from "./session_budget.ts";
import { UpgradeExchange } from "./upgrade_exchange.ts";

const SWITCHED = 101;
/** How much of what the mock says may wait for a client that does not read, in bytes. */
const MAX_UNREAD = 8 * 1024 * 1024;

/**
 * `GET /v1/realtime?model=…`: a session of OpenAI's Realtime API. The provider's
 * side is opened first, so that a refusal is a plain answer and another
 * provider may be asked; then messages pass both ways until either closes.
 *
 * @throws {GatewayError} 426 where the request is no handshake of WebSocket.
 */
export async function realtime(context: RequestContext): Promise<void> {
  const { exchange, record } = context;
  if (!(exchange instanceof UpgradeExchange)) {
    throw new GatewayError(
      "invalid_request",
      "A realtime session is a WebSocket: connect with 'upgrade: websocket'",
      { code: "upgrade_required", status: 426 },
    );
  }
  checkHandshake(exchange);
  const [, search = ""] = exchange.target.split("?", 2);
  const query = new URLSearchParams(search);
  const model = query.get("model");
  if (!model) {
    throw new GatewayError(
      "invalid_request",
      "The query must name a 'model'",
      { code: "missing_required_parameter", param: "model" },
    );
  }
  record.stream = true;
  await route(context, {
    request: { model, endpoint: "realtime" },
    work: (routed) => hold(context, { exchange, routed, query }),
  });
}

/**
 * Refuses what no WebSocket would come of, before a provider is asked.
 *
 * @throws {GatewayError} 400.
 */
function checkHandshake(exchange: UpgradeExchange): void {
  const key = exchange.header("sec-websocket-key") ?? "";
  const version = exchange.header("sec-websocket-version");
  if (/^[+/\w]{22}==$/.test(key) && version === "13") return;
  throw new GatewayError(
    "invalid_request",
    "The handshake must have a 'sec-websocket-key' and the version 13",
    { code: "invalid_handshake" },
  );
}

interface Session {
  readonly exchange: UpgradeExchange;
  readonly routed: RoutedAttempt;
  readonly query: URLSearchParams;
}

/** Opens a session at one provider and holds it until it ends. */
async function hold(
  context: RequestContext,
  { exchange, routed, query }: Session,
): Promise<void> {
  const { gateway, record } = context;
  const { candidate } = routed;
  const trace = new AttemptTrace(candidate);
  let upstream: WebSocket | undefined;
  try {
    // Nobody knows how long it goes on.
    record.account?.pass({});
    const paying = record.account?.pay(trace, {});
    if (paying !== undefined) await record.waiting.during(paying);
    await record.account?.secured();
    const isMock = candidate.provider.type === "mock";
    if (!isMock) {
      upstream = await record.waiting.during(
        openRealtime(routed, { exchange, query }),
      );
    }
    routed.answered(200, {});
    routed.commit();
    record.answers(trace);
    const client = await exchange.accept(replyHeaders(record));
    record.status = SWITCHED;
    const budget = record.account?.isBudgeted
      ? new SessionBudget(record.account, trace)
      : undefined;
    const signal = budget === undefined
      ? exchange.signal
      : AbortSignal.any([exchange.signal, budget.signal]);
    const onAnswer = (message: Uint8Array): void => {
      const usage = realtimeUsage(message);
      if (usage === undefined) return;
      record.usage = addUsage(record.usage, usage);
      if (record.usage) budget?.spent(record.usage);
    };
    const farewell = (error: GatewayError): string =>
      errorEvent(scrubError(error, { trace }), record.id);
    const session = { client, signal, onAnswer, farewell };
    await record.waiting.during(
      upstream === undefined
        ? echo({ ...session, model: candidate.model })
        : relaySockets({ ...session, upstream }),
    );
    if (record.usage) routed.used(record.usage.total);
    trace.usage = record.usage;
    record.account?.ended(trace, { wasLeft: false });
    gateway.health.succeeded(candidate.provider);
  } catch (error) {
    trace.usage = record.usage;
    record.account?.ended(trace, { error, wasLeft: exchange.signal.aborted });
    record.failed(trace);
    gateway.noteFailure(routed, error);
    throw error instanceof GatewayError ? scrubError(error, { trace }) : error;
  } finally {
    upstream?.terminate();
  }
}

/** An error as a session tells it. */
function errorEvent(error: GatewayError, requestId: string): string {
  const { error: told } = JSON.parse(
    openAiChatClient.encodeError(error, requestId),
  );
  const id = `event_${requestId}`;
  return JSON.stringify({ type: "error", event_id: id, error: told });
}

/** Holds a session with the mock provider. */
async function echo(
  { client, signal, model, onAnswer, farewell }:
    & Pick<SocketRelayOptions, "client" | "signal">
    & Required<Pick<SocketRelayOptions, "onAnswer" | "farewell">>
    & { readonly model: string },
): Promise<void> {
  const session = new MockRealtime(model);
  const say = (events: readonly unknown[]): void => {
    if (client.readyState !== client.OPEN) return;
    // What it is asked costs a client little, and what it says a lot.
    if (client.bufferedAmount > MAX_UNREAD) return client.terminate();
    for (const event of events) {
      const text = JSON.stringify(event);
      client.send(text);
      onAnswer(new TextEncoder().encode(text));
    }
  };
  const abort = (): void => {
    const told = toldError(signal.reason);
    if (client.readyState === client.OPEN) client.send(farewell(told));
    client.close(1001, told.code);
  };
  signal.addEventListener("abort", abort, { once: true });
  client.on(
    "message",
    (data: Uint8Array) => say(session.answer(new TextDecoder().decode(data))),
  );
  client.on("ping", (data) => client.pong(data));
  client.on("error", () => {});
  say(session.start());
  await new Promise((resolve) => client.once("close", resolve));
  signal.removeEventListener("abort", abort);
}
