import {
  Attempt,
  checkChatRequest,
  collectBody,
  collectErrorBody,
  GatewayError,
  type JsonDocument,
  LossReport,
  openAiChatClient,
  parseJsonDocument,
  translateChat,
  translateEmbeddings,
  type Translation,
  type UpstreamResponse,
} from "@llm-proxy/core";
import { replyHeaders, upstreamRequestId } from "./_reply_headers.ts";
import { scrubError } from "./_scrub_error.ts";
import type { Exchange } from "./exchange.ts";
import type { Gateway } from "./gateway.ts";
import { relayStream } from "./relay_stream.ts";
import type { RequestRecord } from "./request_record.ts";

const MIB = 1024 * 1024;

/** One request at hand: what serves it, the way to answer, what is known so far. */
export interface RequestContext {
  readonly gateway: Gateway;
  readonly exchange: Exchange;
  readonly record: RequestRecord;
}

/**
 * The way of a chat completion, top to bottom. Before this: the caller is
 * authenticated. After it, whatever happened: one log line, and an error in the
 * caller's dialect where something was thrown (see `dispatch.ts`).
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function chatCompletions(context: RequestContext): Promise<void> {
  const { gateway, exchange, record } = context;
  const document = await readJson(context);
  checkChatRequest(document);
  const stream = document.value.stream === true;
  record.stream = stream;
  const deployment = await gateway.resolve(modelOf(document));
  record.deployment = deployment;
  record.losses = new LossReport();
  const translation = translateChat(document, {
    deployment,
    stream,
    includeUsage: wantsUsage(document),
    losses: record.losses,
  });

  const { signal } = exchange;
  const attempt = new Attempt(deployment.provider, { signal, stream });
  try {
    const response = await send(context, attempt, translation);
    if (stream) await answerStream(context, { response, attempt, translation });
    else await answerWhole(context, response, translation);
  } finally {
    attempt.stop();
  }
}

/**
 * The way of an embeddings request: to providers that speak OpenAI's dialect.
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function embeddings(context: RequestContext): Promise<void> {
  const { gateway, exchange, record } = context;
  const document = await readJson(context);
  const deployment = await gateway.resolve(modelOf(document));
  record.deployment = deployment;
  const translation = translateEmbeddings(document, deployment);

  const { signal } = exchange;
  const attempt = new Attempt(deployment.provider, { signal, stream: false });
  try {
    const response = await send(context, attempt, translation);
    await answerWhole(context, response, translation);
  } finally {
    attempt.stop();
  }
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

/** The model that the caller asked for. */
function modelOf({ value }: JsonDocument): string {
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

/** Sends the request; an answer with an error status is thrown. */
async function send(
  { record }: RequestContext,
  attempt: Attempt,
  translation: Pick<Translation, "request" | "error">,
): Promise<UpstreamResponse> {
  const response = await attempt.send(translation.request);
  const { status, headers, body } = response;
  record.gotHeaders();
  record.upstreamId = upstreamRequestId(headers);
  if (status === 200) return response;
  const bytes = await collectErrorBody(body);
  throw translation.error(status, headers, bytes);
}

/** Answers whole, from a provider's whole answer. */
async function answerWhole(
  { exchange, record }: RequestContext,
  response: UpstreamResponse,
  translation: Pick<Translation, "answer">,
): Promise<void> {
  const answer = translation.answer(await collectBody(response.body));
  record.gotContent();
  record.usage = answer.usage;
  record.finish = answer.finish;
  record.answeredBy = answer.model;
  const headers = replyHeaders(record, response.headers);
  headers["content-type"] = "application/json";
  headers["cache-control"] = "no-store";
  exchange.send(200, headers, answer.body);
  record.status = 200;
}

/** Answers with a stream, from a provider's stream. */
async function answerStream(
  { exchange, record }: RequestContext,
  { response, attempt, translation }: {
    readonly response: UpstreamResponse;
    readonly attempt: Attempt;
    readonly translation: Translation;
  },
): Promise<void> {
  const translator = translation.stream();
  try {
    await relayStream(response, {
      translator,
      clock: attempt.clock,
      open: () => {
        record.gotContent();
        const headers = replyHeaders(record, response.headers);
        headers["content-type"] = "text/event-stream";
        headers["cache-control"] = "no-cache";
        const reply = exchange.stream(200, headers);
        record.status = 200;
        return reply;
      },
      stray: (body) => translation.error(200, response.headers, body),
      failure: (error) =>
        openAiChatClient.encodeStreamError(
          scrubError(error, record),
          record.id,
        ),
    });
  } finally {
    record.usage = translator.usage;
    record.finish = translator.finish;
    record.answeredBy = translator.model;
  }
}
