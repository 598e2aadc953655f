import type { JsonDocument } from "@llm-proxy/core";
import type { CountClient } from "@llm-proxy/core/dialects";
import { messagesCount } from "@llm-proxy/core/dialects/anthropic";
import {
  countsTokens,
  loadDialects,
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
  const request = { model };
  const work = async (routed: RoutedAttempt): Promise<void> => {
    const { candidate } = routed;
    const trace = new AttemptTrace(candidate);
    await loadDialects(candidate);
    const counted = countsTokens(candidate)
      ? undefined
      : await gateway.tokens.count(
        client.request(document),
        tokenModel(candidate),
      );
    const count = translateTokenCount(document, {
      client,
      deployment: candidate,
      losses: trace.losses,
      counted,
      header: (name) => exchange.header(name),
    });
    if ("request" in count) {
      const translation: WholeTranslation = {
        request: count.request,
        error: count.error,
        answer: (body) => ({
          body: count.answer(body).body,
          finish: "stop",
          model: candidate.model,
        }),
      };
      const prepare = (): WholeTranslation => translation;
      return await attempt(context, { routed, prepare, answer: wholeAnswer });
    }
    routed.commit();
    record.answers(trace);
    sendJsonText(context, count.body);
  };
  await route(context, { request, work });
}
