import { checkMessagesRequest, translateTokenCount } from "@llm-proxy/core";
import type { RoutedAttempt } from "@llm-proxy/core/routing";
import { AttemptTrace } from "./attempt_trace.ts";
import {
  attempt,
  type RequestContext,
  route,
  wholeAnswer,
  type WholeTranslation,
} from "./endpoints.ts";
import { checkModel, readJson } from "./read_json.ts";
import { tokenModel } from "./request_size.ts";
import { sendJson } from "./_send_json.ts";

/**
 * `POST /v1/messages/count_tokens`: counted by the provider where it can, else by
 * the model's own encoding where that is public, else estimated, of which the
 * loss report takes note (C37).
 *
 * @throws {GatewayError} whatever goes wrong.
 */
export async function countTokens(context: RequestContext): Promise<void> {
  const { gateway, exchange, record } = context;
  const document = await readJson(context);
  checkMessagesRequest(document, { isCount: true });
  const model = checkModel(document);
  const request = { model };
  const work = async (routed: RoutedAttempt): Promise<void> => {
    const { candidate } = routed;
    const trace = new AttemptTrace(candidate);
    const counted = candidate.provider.dialect === "anthropic"
      ? undefined
      : await gateway.tokens.count(document.value, tokenModel(candidate));
    const count = translateTokenCount(document, {
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
    sendJson(context, { input_tokens: count.inputTokens });
  };
  await route(context, { request, work });
}
