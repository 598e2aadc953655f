import {
  addUsage,
  Attempt,
  type AttemptClock,
  collectBody,
  collectErrorBody,
  continueChat,
  GatewayError,
  type JsonDocument,
  openAiChatClient,
  type StreamTranslator,
  translateConversation,
  type Translation,
  type UpstreamResponse,
} from "@llm-proxy/core";
import {
  type ChatRequestFacts,
  chatRequestFacts,
  type InputSize,
  type RoutedAttempt,
  type RoutePlan,
  type RouteRequest,
} from "@llm-proxy/core/routing";
import { AttemptTrace } from "./attempt_trace.ts";
import { readWhole } from "./_read_whole.ts";
import { replyHeaders, wholeHeaders } from "./_reply_headers.ts";
import { toldRequest } from "./_told_request.ts";
import { scrubError } from "./_scrub_error.ts";
import type { Exchange } from "./exchange.ts";
import type { Gateway } from "./gateway.ts";
import type { Prepared } from "./prepared.ts";
import { readJson } from "./read_json.ts";
import { relayStream, toldError } from "./relay_stream.ts";
import type { RequestRecord } from "./request_record.ts";
import { RequestSize } from "./request_size.ts";
import { sendShadow } from "./shadow_copy.ts";
import { wantsUsage } from "./_wants_usage.ts";
import { rememberReply, toldWhole } from "./told_reply.ts";

/** One request at hand: what serves it, the way to answer, what is known so far. */
export interface RequestContext {
  readonly gateway: Gateway;
  readonly exchange: Exchange;
  readonly record: RequestRecord;
}

/** A translation of a whole answer. */
export type WholeTranslation = Omit<Translation, "stream">;

/** Prepares the request for one deployment. */
export type Prepare<T> = (trace: AttemptTrace) => T;

/** A provider's answer, on its way to the caller. */
export interface Answering<T> {
  readonly context: RequestContext;
  readonly routed: RoutedAttempt;
  readonly trace: AttemptTrace;
  readonly clock: AttemptClock;
  readonly translation: T;
  readonly response: UpstreamResponse;
}

/**
 * The way of a request to a language model, in whatever dialect its caller
 * speaks, top to bottom. Before this: the caller is authenticated, and within
 * its limits. After it, whatever happened: one log line, and an error in the
 * caller's dialect where something was thrown (see `dispatch.ts`).
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function converse(context: RequestContext): Promise<void> {
  const document = await readJson(context);
  context.record.client.check(document);
  await answerConversation(context, {
    document,
    stream: document.value.stream === true,
    facts: (size) => chatRequestFacts(document, { size }),
  });
}

/** A checked request to a language model. */
export interface ConversationAsk {
  readonly document: JsonDocument;
  /** The caller wants a stream. */
  readonly stream: boolean;
  /** What routing has to know of it. */
  readonly facts: (size: InputSize) => ChatRequestFacts;
  /** Gives a stream another form. @default {it stays as it is} */
  readonly shape?: ((stream: StreamTranslator) => StreamTranslator) | undefined;
}

/**
 * The way of a request to a language model from where its dialect's own ends.
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function answerConversation(
  context: RequestContext,
  { document, stream, facts, shape }: ConversationAsk,
): Promise<void> {
  const { gateway, exchange, record } = context;
  const { client } = record;
  record.stream = stream;
  const header = (name: string): string | undefined => exchange.header(name);
  const size = new RequestSize(document.value, gateway.tokens.estimator);
  const request = facts(size);
  record.account?.allow(request.outputTokens, document.value.n);
  const condenser = gateway.condensing.begin(context, {
    document,
    request,
    size,
  });
  const prepare: Prepare<Translation> = ({ candidate, losses }) => {
    const options = {
      ...condenser?.condensed(losses),
      client,
      deployment: candidate,
      stream,
      includeUsage: wantsUsage(document),
      losses,
      header,
    };
    const begun = record.open?.begun(record.usage);
    return begun === undefined
      ? translateConversation(document, options)
      : continueChat(document, { ...options, begun });
  };
  const answer = stream
    ? (answering: Answering<Translation>) =>
      streamAnswer(answering, { document, shape })
    : wholeAnswer;
  const carry = () =>
    route(context, {
      request,
      work: (routed) => attempt(context, { routed, prepare, answer }),
    });
  const plan = await (condenser?.carry(carry) ?? carry());
  const { usage, trace } = record;
  if (usage && trace) size.learn(trace.candidate, usage);
  const { shadow: candidate } = plan;
  if (candidate !== undefined && client === openAiChatClient) {
    sendShadow(context, { candidate, document, request, prepare });
  }
}

/** Carries a request to a deployment, and from one to the next where that is due. */
export async function route(
  context: RequestContext,
  { request, work }: {
    readonly request: RouteRequest;
    readonly work: (attempt: RoutedAttempt) => Promise<void>;
  },
): Promise<RoutePlan> {
  const { gateway, exchange, record } = context;
  const { signal } = exchange;
  record.requestedModel = request.model;
  const learning = gateway.learn(request.model);
  if (learning !== undefined) await record.waiting.during(learning);
  try {
    return await gateway.failover.run({
      request: toldRequest(request, context),
      signal,
      log: record.attempts,
      work,
    });
  } catch (error) {
    // Nobody has gone on with it.
    if (record.open?.isBroken) {
      record.open.write(streamError(record, toldError(error)));
      record.open.fail();
    }
    throw error;
  }
}

/** Makes one attempt under its clocks: sends the request, and has the answer told to the caller. */
export async function attempt<T extends Prepared>(
  context: RequestContext,
  { routed, prepare, answer }: {
    readonly routed: RoutedAttempt;
    readonly prepare: Prepare<T>;
    readonly answer: (answering: Answering<T>) => Promise<void>;
  },
): Promise<void> {
  const { gateway, record } = context;
  const { candidate, signal, limits } = routed;
  const trace = new AttemptTrace(candidate);
  const { stream, tracing } = record;
  const provider = gateway.reach(candidate, record.route);
  const sender = new Attempt(provider, { signal, stream, limits });
  const { clock } = sender;
  try {
    const translation = prepare(trace);
    const request = tracing?.attempt(trace, translation.request) ??
      translation.request;
    const paying = record.account?.pay(trace, request);
    if (paying !== undefined) await record.waiting.during(paying);
    const response = await record.waiting.during(sender.send(request));
    const { status, headers, body } = response;
    trace.answered(status, headers);
    routed.answered(status, headers);
    if (!(translation.accepts?.(status) ?? status === 200)) {
      const said = await record.waiting.during(collectErrorBody(body));
      throw translation.error(status, headers, said);
    }
    await answer({ context, routed, trace, clock, translation, response });
    record.account?.ended(trace, { wasLeft: false });
    gateway.health.succeeded(candidate.provider);
  } catch (error) {
    record.account?.ended(trace, { error, wasLeft: signal.aborted });
    record.failed(trace);
    trace.error = error;
    gateway.noteFailure(routed, error);
    // By its own provider's secrets: of two attempts either's error may be told.
    throw error instanceof GatewayError ? scrubError(error, { trace }) : error;
  } finally {
    sender.stop();
    record.awaitedConnection(clock.queuedMs);
    if (tracing !== undefined) trace.endedAt = performance.now();
  }
}

/** Tells the caller a whole answer. */
export async function wholeAnswer(
  { context, routed, trace, translation, response }: Answering<
    WholeTranslation
  >,
): Promise<void> {
  const { exchange, record } = context;
  const body = await record.waiting.during(collectBody(response.body));
  const answer = readWhole(translation, { body, trace });
  routed.commit();
  record.answers(trace);
  record.usage = answer.usage;
  if (answer.usage) routed.used(answer.usage.total);
  record.finish = answer.finish;
  record.answeredBy = answer.model;
  exchange.send(200, wholeHeaders(record, response.headers), answer.body);
  if (routed.plan.shadow) record.told = toldWhole(routed, answer.body);
}

/** Tells the caller a streamed answer, or the rest of one that broke off. */
async function streamAnswer(
  answering: Answering<Translation>,
  { document, shape }: Pick<ConversationAsk, "document" | "shape">,
): Promise<void> {
  const { context, routed, trace, clock, translation, response } = answering;
  const { exchange, record } = context;
  const translated = translation.stream();
  const translator = shape?.(translated) ?? translated;
  try {
    await record.waiting.during(relayStream(response, {
      translator,
      framing: translation.framing,
      clock,
      worked: record.waiting.worked,
      open: () => {
        routed.commit();
        record.answers(trace);
        const { open } = record;
        if (open) return open.goOn(routed.candidate.deployment.id);
        const headers = replyHeaders(record, response.headers);
        headers["content-type"] = translator.contentType ?? "text/event-stream";
        headers["cache-control"] = "no-cache";
        const reply = exchange.stream(200, headers);
        return rememberReply(context, { routed, document, reply });
      },
      keepsOpen: (error) => {
        const isKept = record.open?.keepsOpen(error) ?? false;
        if (isKept) routed.handOn();
        return isKept;
      },
      stray: (body) => translation.error(200, response.headers, body),
      failure: (error) => streamError(record, error, translator),
    }));
  } finally {
    trace.streamed(translator);
    if (routed.committed) {
      record.usage = addUsage(record.usage, translator.usage);
      if (translator.usage) routed.used(translator.usage.total);
      record.finish = translator.finish;
      record.answeredBy = translator.model;
    }
  }
}

/** What ends a stream that has failed after its start. */
function streamError(
  record: RequestRecord,
  error: GatewayError,
  translator?: StreamTranslator,
): string {
  const told = scrubError(error, record);
  return translator?.fail?.(told, record.id) ??
    record.client.encodeStreamError(told, record.id);
}
