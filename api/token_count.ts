import { GatewayError, type JsonDocument } from "@llm-proxy/core";
import type { CountClient, CountTranslation } from "@llm-proxy/core/dialects";
import { messagesCount } from "@llm-proxy/core/dialects/anthropic";
import {
  countsTokens,
  loadDialects,
  NOT_COUNTED,
  translateTokenCount,
} from "@llm-proxy/core/lazy";
import type { RoutedAttempt } from "@llm-proxy/core/routing";
import { AttemptTrace } from "./attempt_trace.ts";
import {
  attempt,
  type RequestContext,
  route,
  type WholeTranslation,
} from "./endpoints.ts";
import { wholeAnswer } from "./whole_answer.ts";
import { guardRequest } from "./guard_request.ts";
import { mayNameFiles, readMarkedFiles } from "./_marked_files.ts";
import { checkModel, readJson } from "./read_json.ts";
import { tokenModel } from "./request_size.ts";
import { sendJsonText } from "./_send_json.ts";

/**
 * `POST /v1/messages/count_tokens`: counted by the provider where it can, else by
 * the model's own encoding where that is public, else estimated, of which the
 * loss report takes note (C37).
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function countTokens(context: RequestContext): Promise<void> {
  const document = await readJson(context);
  const client = messagesCount;
  client.check(document);
  await answerCount(context, { document, model: checkModel(document), client });
}

/** A checked request to count tokens. */
export interface CountAsk {
  readonly document: JsonDocument;
  readonly model: string;
  /** The dialect in which it is asked. */
  readonly client: CountClient;
}

/**
 * The way of a request to count tokens from where its dialect's own ends.
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function answerCount(
  context: RequestContext,
  { document, model, client }: CountAsk,
): Promise<void> {
  const { gateway, exchange, record } = context;
  if (gateway.guardrails !== undefined) {
    ({ document } = await guardRequest(context, { document, model }));
  }
  const files = mayNameFiles(document)
    ? readMarkedFiles(context, document)
    : undefined;
  if (files !== undefined) ({ document } = files);
  const request = { model, ...files?.at };
  const work = async (routed: RoutedAttempt): Promise<void> => {
    const { candidate } = routed;
    await loadDialects(candidate);
    const trace = new AttemptTrace(candidate);
    const options = {
      client,
      deployment: candidate,
      losses: trace.losses,
      header: (name: string) => exchange.header(name),
    };
    if (countsTokens(candidate)) {
      const count = translateTokenCount(document, options);
      if ("request" in count && await askProvider(context, routed, count)) {
        return;
      }
    }
    const asked = client.request(document);
    const counted = await gateway.tokens.count(asked, tokenModel(candidate));
    const count = translateTokenCount(document, { ...options, counted });
    if (!("body" in count)) return;
    routed.commit();
    record.answers(trace);
    sendJsonText(context, count.body);
  };
  await route(context, { request, work });
}

/** Has a provider count. Resolves with whether it does for this model, where it is. */
async function askProvider(
  context: RequestContext,
  routed: RoutedAttempt,
  count: CountTranslation,
): Promise<boolean> {
  const { candidate: { model } } = routed;
  const prepare = (): WholeTranslation => ({
    request: count.request,
    error: count.error,
    answer: (body) => ({
      body: count.answer(body).body,
      finish: "stop",
      model,
    }),
  });
  try {
    await attempt(context, { routed, prepare, answer: wholeAnswer });
    return true;
  } catch (error) {
    const isCounted = !(error instanceof GatewayError) ||
      error.code !== NOT_COUNTED;
    if (isCounted) throw error;
    return false;
  }
}
