import {
  Attempt,
  type AttemptClock,
  collectErrorBody,
  GatewayError,
  type JsonDocument,
  type StreamTranslator,
  type UpstreamResponse,
} from "@llm-proxy/core";
import type { Translation } from "@llm-proxy/core/dialects";
import {
  continueChat,
  openAiChatClient,
} from "@llm-proxy/core/dialects/openai-chat";
import { loadDialects, translateConversation } from "@llm-proxy/core/lazy";
import {
  type ChatRequestFacts,
  chatRequestFacts,
  type InputSize,
  type RoutedAttempt,
  type RoutePlan,
  type RouteRequest,
} from "@llm-proxy/core/routing";
import { admitModel } from "./_admit_model.ts";
import { AttemptTrace } from "./attempt_trace.ts";
import { toldRequest } from "./_told_request.ts";
import { scrubError } from "./_scrub_error.ts";
import type { Exchange } from "./exchange.ts";
import type { Gateway } from "./gateway.ts";
import { giveWay } from "./_give_way.ts";
import type { Prepared } from "./prepared.ts";
import { mayNameFiles, whereFilesAre } from "./_marked_files.ts";
import { readJson } from "./read_json.ts";
import type { RequestRecord } from "./request_record.ts";
import { refuseLosses } from "./_refuse_losses.ts";
import { RequestSize } from "./request_size.ts";
import { withSelection } from "./_selection_defaults.ts";
import { routeFailed } from "./_route_failed.ts";
import { streamAnswer } from "./stream_answer.ts";
import { wantsUsage } from "./_wants_usage.ts";
import { wholeAnswer } from "./whole_answer.ts";

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
 * speaks. This file tells it from top to bottom:
 *
 * 1. {@linkcode converse} reads the body under its cap and checks it.
 * 2. {@linkcode answerConversation} has guardrails look at it.
 * 3. {@linkcode answerAllowed} looks among the answers that are kept, and
 *    joins requests that are equal.
 * 4. {@linkcode askProvider} takes what it may cost from budgets, has a long
 *    conversation made shorter, and says how it is translated.
 * 5. {@linkcode route} goes from one deployment to the next.
 * 6. {@linkcode attempt} translates, sends, has the answer told to the caller,
 *    and settles what it cost.
 *
 * Before this `dispatch.ts` has let the caller in. After it, whatever happened,
 * it answers errors in the caller's dialect and has one line logged.
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function converse(context: RequestContext): Promise<void> {
  const asked = await readJson(context);
  context.record.client.check(asked);
  const document = withSelection(context, asked);
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
 * The way from where its dialect's own ends: other dialects' endpoints join it here.
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export function answerConversation(
  context: RequestContext,
  asked: ConversationAsk,
): Promise<void> {
  if (mayNameFiles(asked.document)) asked = whereFilesAre(context, asked);
  const answer = answerAllowed;
  if (context.gateway.guardrails === undefined) return answer(context, asked);
  // Loaded by the first that needs it: most services have no guardrails.
  return import("./guarded.ts").then(({ answerGuarded }) =>
    answerGuarded(context, { asked, answer })
  );
}

/** The way from where guardrails have let the request pass. */
function answerAllowed(
  context: RequestContext,
  asked: ConversationAsk,
): Promise<void> {
  const { gateway, record } = context;
  const { document, stream, facts, shape } = asked;
  record.stream = stream;
  const size = new RequestSize(document.value, gateway.tokens.estimator);
  const request = facts(size);
  record.access?.checkModel(request.model);
  // What is kept has one form for each dialect.
  if (gateway.answers === undefined || shape !== undefined) {
    return askProvider(context, { asked, size, request });
  }
  return gateway.answers.serve(context, {
    document,
    model: request.model,
    ask: (asking) => askProvider(asking, { asked, size, request }),
  });
}

/** The way from where nothing that is kept has answered the request. */
async function askProvider(
  context: RequestContext,
  { asked: { document, stream, shape }, size, request }: {
    readonly asked: ConversationAsk;
    readonly size: RequestSize;
    readonly request: ChatRequestFacts;
  },
): Promise<void> {
  const { gateway, exchange, record, record: { client } } = context;
  record.account?.allow(request.outputTokens, document.value.n);
  const condenser = gateway.condensing.begin(context, {
    document,
    request,
    size,
  });
  const thoughts = gateway.thoughts.of(record.key ?? "");
  const prepare: Prepare<Translation> = ({ candidate, losses }) => {
    const options = {
      client,
      deployment: candidate,
      stream,
      includeUsage: wantsUsage(document),
      losses,
      header: (name: string) => exchange.header(name),
      thoughts,
      conversation: condenser?.condensed(losses),
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
  if (plan.shadow !== undefined && client === openAiChatClient) {
    // Loaded by the first that has one: the answer is out.
    const { sendShadow } = await import("./shadow_copy.ts");
    sendShadow(context, { candidate: plan.shadow, document, request, prepare });
  }
}

/** Carries a request to a deployment, and from one to the next where that is due. */
export function route(
  context: RequestContext,
  { request, work }: {
    readonly request: RouteRequest;
    readonly work: (attempt: RoutedAttempt) => Promise<void>;
  },
): Promise<RoutePlan> {
  const { gateway, exchange, record } = context;
  record.requestedModel = request.model;
  record.access?.checkModel(request.model);
  gateway.guardrails?.checkSeen(context, request.model);
  const model = gateway.selections.resolve(request.model);
  const carry = (): Promise<RoutePlan> =>
    gateway.failover.run({
      request: toldRequest(request, context),
      model,
      signal: exchange.abort ?? exchange.signal,
      log: record.attempts,
      work,
    }).catch((error) => routeFailed(error, context));
  const learning = gateway.learn(model ?? request.model);
  return learning === undefined && !gateway.limits.hasModelRules
    ? carry()
    : admitModel(context, learning).then(carry);
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
  const { candidate, limits } = routed;
  const trace = new AttemptTrace(candidate, routed.startedAt);
  const { stream, tracing, waiting } = record;
  const provider = gateway.reach(candidate, record.route);
  const held = gateway.hangUps.hold(routed);
  const abort = held?.signal ?? routed.abort;
  const sender = new Attempt(provider, { signal: abort, stream, limits });
  try {
    const loading = loadDialects(candidate);
    if (loading !== undefined) await loading;
    const translation = prepare(trace);
    const { body: sent } = translation.request;
    if (typeof sent === "string") {
      const pause = giveWay(context, sent.length);
      if (pause !== undefined) await pause;
    }
    if (record.access?.refusesLosses) refuseLosses(trace);
    const request = tracing?.attempt(trace, translation.request) ??
      translation.request;
    const paying = record.account?.pay(trace, request);
    if (paying !== undefined) await waiting.during(paying);
    await record.account?.secured();
    let response: UpstreamResponse, headersAt: number;
    waiting.begin();
    try {
      response = await sender.send(request);
    } finally {
      headersAt = waiting.end();
    }
    const { status, headers, body } = response;
    trace.answered(status, { headers, at: headersAt });
    routed.answered(status, headers);
    if (!(translation.accepts?.(status) ?? status === 200)) {
      const said = await waiting.during(collectErrorBody(body));
      throw translation.error(status, headers, said);
    }
    const { clock } = sender;
    await answer({ context, routed, trace, clock, translation, response });
    record.account?.ended(trace, { wasLeft: false });
    held?.check();
    gateway.health.succeeded(candidate.provider);
    gateway.rollouts?.ended(routed, { trace });
  } catch (error) {
    const wasLeft = abort.aborted && sender.isSent;
    record.account?.ended(trace, { error, wasLeft });
    record.failed(trace);
    trace.error = error;
    gateway.noteFailure(routed, error);
    gateway.rollouts?.ended(routed, { trace, error });
    // By its own provider's secrets: of two attempts either's error may be told.
    throw error instanceof GatewayError ? scrubError(error, { trace }) : error;
  } finally {
    sender.stop();
    held?.release();
    if (trace.estimatedTokens !== undefined) routed.used(trace.estimatedTokens);
    record.awaitedConnection(sender.clock.queuedMs);
    if (tracing !== undefined) trace.endedAt = performance.now();
  }
}
