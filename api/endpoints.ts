import {
  addUsage,
  Attempt,
  checkChatRequest,
  collectBody,
  collectErrorBody,
  continueChat,
  GatewayError,
  type JsonDocument,
  openAiChatClient,
  parseJsonDocument,
  translateChat,
  translateEmbeddings,
  type Translation,
  type UpstreamResponse,
} from "@llm-proxy/core";
import {
  chatRequestFacts,
  type RoutedAttempt,
  type RoutePlan,
  type RouteRequest,
} from "@llm-proxy/core/routing";
import { AttemptTrace } from "./attempt_trace.ts";
import { replyHeaders } from "./_reply_headers.ts";
import { scrubError } from "./_scrub_error.ts";
import type { Exchange } from "./exchange.ts";
import type { Gateway } from "./gateway.ts";
import { relayStream, toldError } from "./relay_stream.ts";
import type { RequestRecord } from "./request_record.ts";
import { sendShadow } from "./shadow_copy.ts";
import { rememberReply, toldWhole } from "./told_reply.ts";

const MIB = 1024 * 1024;

/** One request at hand: what serves it, the way to answer, what is known so far. */
export interface RequestContext {
  readonly gateway: Gateway;
  readonly exchange: Exchange;
  readonly record: RequestRecord;
}

/** Prepares the request for one deployment. */
type Prepare<T> = (trace: AttemptTrace) => T;

/**
 * The way of a chat completion, top to bottom. Before this: the caller is
 * authenticated. After it, whatever happened: one log line, and an error in the
 * caller's dialect where something was thrown (see `dispatch.ts`).
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function chatCompletions(context: RequestContext): Promise<void> {
  const { record } = context;
  const document = await readJson(context);
  checkChatRequest(document);
  checkModel(document);
  const stream = document.value.stream === true;
  record.stream = stream;
  const prepare: Prepare<Translation> = ({ candidate, losses }) => {
    const options = {
      deployment: candidate,
      stream,
      includeUsage: wantsUsage(document),
      losses,
    };
    const begun = record.open?.begun(record.usage);
    return begun === undefined
      ? translateChat(document, options)
      : continueChat(document, { ...options, begun });
  };
  const request = chatRequestFacts(document);
  const { shadow } = await route(context, request, async (attempt) => {
    if (stream) await streamAnswer(context, attempt, { document, prepare });
    else await wholeAnswer(context, attempt, prepare);
  });
  if (shadow !== undefined) {
    sendShadow(context, { candidate: shadow, document, request, prepare });
  }
}

/**
 * The way of an embeddings request: to providers that speak OpenAI's dialect.
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function embeddings(context: RequestContext): Promise<void> {
  const document = await readJson(context);
  const model = checkModel(document);
  const prepare: Prepare<Omit<Translation, "stream">> = (
    { candidate, losses },
  ) => translateEmbeddings(document, { deployment: candidate, losses });
  await route(context, { model }, async (attempt) => {
    await wholeAnswer(context, attempt, prepare);
  });
}

/** Carries a request to a deployment, and from one to the next where that is due. */
async function route(
  { gateway, exchange, record }: RequestContext,
  request: RouteRequest,
  work: (attempt: RoutedAttempt) => Promise<void>,
): Promise<RoutePlan> {
  const { signal } = exchange;
  await gateway.learn(request.model);
  const { key } = record;
  try {
    return await gateway.failover.run({
      // Not copied: what is dear to find out is found out where it is asked for.
      request: Object.assign(request, {
        id: record.id,
        header: (name: string) => exchange.header(name),
        ...(key !== undefined && { subject: key }),
      }),
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

/** What ends a stream that has failed after its start. */
function streamError(record: RequestRecord, error: GatewayError): string {
  return openAiChatClient.encodeStreamError(
    scrubError(error, record),
    record.id,
  );
}

/** One attempt at a whole answer. */
async function wholeAnswer(
  context: RequestContext,
  routed: RoutedAttempt,
  prepare: Prepare<Omit<Translation, "stream">>,
): Promise<void> {
  const { exchange, record } = context;
  await attempt(context, routed, async ({ trace, sender }) => {
    const translation = prepare(trace);
    const response = await send(sender, { routed, trace, translation });
    const answer = translation.answer(await collectBody(response.body));
    routed.commit();
    record.answers(trace);
    record.usage = answer.usage;
    if (answer.usage) routed.used(answer.usage.total);
    record.finish = answer.finish;
    record.answeredBy = answer.model;
    const headers = replyHeaders(record, response.headers);
    headers["content-type"] = "application/json";
    headers["cache-control"] = "no-store";
    exchange.send(200, headers, answer.body);
    if (routed.plan.shadow) record.told = toldWhole(routed, answer.body);
  });
}

/** One attempt at a streamed answer, or at the rest of one that broke off. */
async function streamAnswer(
  context: RequestContext,
  routed: RoutedAttempt,
  { document, prepare }: {
    readonly document: JsonDocument;
    readonly prepare: Prepare<Translation>;
  },
): Promise<void> {
  const { exchange, record } = context;
  await attempt(context, routed, async ({ trace, sender }) => {
    const translation = prepare(trace);
    const response = await send(sender, { routed, trace, translation });
    const translator = translation.stream();
    try {
      await relayStream(response, {
        translator,
        clock: sender.clock,
        open: () => {
          routed.commit();
          record.answers(trace);
          const { open } = record;
          if (open) return open.goOn(routed.candidate.deployment.id);
          const headers = replyHeaders(record, response.headers);
          headers["content-type"] = "text/event-stream";
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
        failure: (error) => streamError(record, error),
      });
    } finally {
      if (routed.committed) {
        record.usage = addUsage(record.usage, translator.usage);
        if (translator.usage) routed.used(translator.usage.total);
        record.finish = translator.finish;
        record.answeredBy = translator.model;
      }
    }
  });
}

/** Makes one attempt under its clocks, and keeps what is known of it. */
async function attempt(
  { gateway, record }: RequestContext,
  routed: RoutedAttempt,
  work: (
    parts: { readonly trace: AttemptTrace; readonly sender: Attempt },
  ) => Promise<void>,
): Promise<void> {
  const { candidate, signal, limits } = routed;
  const trace = new AttemptTrace(candidate);
  const { stream } = record;
  const provider = gateway.reach(candidate, record.route);
  const sender = new Attempt(provider, { signal, stream, limits });
  try {
    await work({ trace, sender });
    gateway.health.succeeded(candidate.provider);
  } catch (error) {
    record.failed(trace);
    gateway.noteFailure(routed, error);
    throw error;
  } finally {
    sender.stop();
  }
}

/** Sends the request; an answer with an error status is thrown. */
async function send(
  sender: Attempt,
  { routed, trace, translation }: {
    readonly routed: RoutedAttempt;
    readonly trace: AttemptTrace;
    readonly translation: Pick<Translation, "request" | "error">;
  },
): Promise<UpstreamResponse> {
  const response = await sender.send(translation.request);
  const { status, headers, body } = response;
  trace.answered(headers);
  routed.answered(status, headers);
  if (status === 200) return response;
  throw translation.error(status, headers, await collectErrorBody(body));
}

/** Reads the body under its cap and parses it. */
async function readJson(context: RequestContext): Promise<JsonDocument> {
  const { gateway, exchange } = context;
  const type = exchange.header("content-type");
  if (type === undefined || !/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) {
    throw new GatewayError(
      "unsupported_media_type",
      "The request body must be JSON: send 'content-type: application/json'",
      { code: "unsupported_content_type" },
    );
  }
  const cap = gateway.config.server.max_body_mb * MIB;
  return parseJsonDocument(await exchange.body(cap));
}

/** The model that the caller asked for; it must have asked for one. */
function checkModel({ value }: JsonDocument): string {
  if (typeof value.model === "string" && value.model !== "") return value.model;
  throw new GatewayError(
    "invalid_request",
    "Field 'model' must be a string that is not empty",
    { code: "missing_required_parameter", param: "model" },
  );
}

/** Whether the caller asked for token counts at the end of its stream. */
function wantsUsage({ value }: JsonDocument): boolean {
  const options = value.stream_options;
  return typeof options === "object" && options !== null &&
    "include_usage" in options && options.include_usage === true;
}
