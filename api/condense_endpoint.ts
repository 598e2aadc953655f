import { CONDENSE_STRATEGIES, type CondenseStrategy } from "@llm-proxy/context";
import { type Conversation, GatewayError, LossReport } from "@llm-proxy/core";
import { openAiChatProvider } from "@llm-proxy/core/dialects/openai-chat";
import { chatRequestFacts } from "@llm-proxy/core/routing";
import { condensationOf } from "./condensation.ts";
import type { RequestContext } from "./endpoints.ts";
import type { Mask } from "./_guard_mask.ts";
import { guardRequest } from "./guard_request.ts";
import { checkModel, readJson } from "./read_json.ts";
import { RequestCondenser } from "./request_condenser.ts";
import { RequestSize } from "./request_size.ts";
import { sendJson } from "./_send_json.ts";

const STRATEGIES: ReadonlySet<unknown> = new Set(CONDENSE_STRATEGIES);

/**
 * `POST /v1/condense`: makes the messages of a chat completion request shorter
 * and gives them back, without sending them anywhere. Beside what such a
 * request has it takes `limit`, the most tokens, and `strategies`; left out,
 * these are the ones by which the gateway would condense a request for the
 * model.
 *
 * @throws {GatewayError} naming the field that is wrong.
 */
export async function condense(context: RequestContext): Promise<void> {
  const { gateway, record } = context;
  let document = await readJson(context);
  record.client.check(document);
  const model = checkModel(document);
  let mask: Mask | undefined;
  if (gateway.guardrails !== undefined) {
    ({ document, mask } = await guardRequest(context, { document, model }));
  }
  const { limit, strategies } = document.value;
  const own = gateway.condensing.policyOf(model) ?? gateway.condensing.base;
  const policy = { ...own, ...strategiesOf(strategies) };
  if (asksForSummary(strategies) && policy.summaryModel === undefined) {
    throw invalid(
      "strategies",
      "has summarize, and the gateway has no model for that",
    );
  }
  const condenser = new RequestCondenser(context, {
    condenser: gateway.condensing.condenser,
    policy,
    document,
    request: chatRequestFacts(document),
    size: new RequestSize(document.value, gateway.tokens.estimator),
  });
  const { conversation, report } = await condenser.condense(
    limitOf(limit) ?? condenser.window() ?? gateway.condensing.base.threshold,
  );
  record.condensed = condensationOf(report, "asked");
  const { before, after, fits, ...counts } = report;
  sendJson(context, {
    object: "condensation",
    model,
    messages: messagesOf(conversation, mask),
    tokens: { before, after, estimated: true },
    ...counts,
    fits,
  });
}

function limitOf(limit: unknown): number | undefined {
  if (limit === undefined) return undefined;
  if (Number.isSafeInteger(limit) && Number(limit) > 0) return Number(limit);
  throw invalid("limit", "must be a whole number above 0");
}

function strategiesOf(
  value: unknown,
): { readonly strategies?: readonly CondenseStrategy[] } {
  if (value === undefined) return {};
  const isList = Array.isArray(value) && value.length > 0 &&
    value.length <= CONDENSE_STRATEGIES.length;
  if (isList && value.every(isStrategy)) return { strategies: value };
  throw invalid(
    "strategies",
    `must be a list of these: ${CONDENSE_STRATEGIES.join(", ")}`,
  );
}

function asksForSummary(strategies: unknown): boolean {
  return Array.isArray(strategies) && strategies.includes("summarize");
}

function isStrategy(word: unknown): word is CondenseStrategy {
  return STRATEGIES.has(word);
}

function invalid(param: string, problem: string): GatewayError {
  return new GatewayError("invalid_request", `Field '${param}' ${problem}`, {
    code: "invalid_value",
    param,
  });
}

/** The messages as a chat completion request has them. */
function messagesOf(conversation: Conversation, mask?: Mask): unknown {
  const { body } = openAiChatProvider.encodeRequest(conversation, {
    provider: "llm-proxy",
    model: conversation.model,
    quirks: {},
    losses: new LossReport(),
  });
  // What was masked holds nothing that JSON writes otherwise.
  return JSON.parse(mask?.unmask(body) ?? body).messages;
}
