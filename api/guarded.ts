import {
  addUsage,
  type Answer,
  GatewayError,
  type JsonDocument,
} from "@llm-proxy/core";
import { answerReader } from "@llm-proxy/core/lazy";
import type { ConversationAsk, RequestContext } from "./endpoints.ts";
import {
  checkRequest,
  findGuards,
  type GuardedRequest,
  moderate,
  noteRefusal,
} from "./guard_request.ts";
import { scanAnswer, textOf } from "./_guard_answer.ts";
import { GuardedExchange } from "./_guard_exchange.ts";
import { askAgain } from "./_guard_repair.ts";
import { schemaCheck } from "./_guard_schema.ts";
import type { BeginScan, Guardrail } from "./guardrail_policy.ts";
import { RequestSize } from "./request_size.ts";

/** What answers a request that guardrails have let pass. */
export type AnswerAsk = (
  context: RequestContext,
  asked: ConversationAsk,
) => Promise<void>;

/** What {@linkcode answerGuarded} needs. */
export interface GuardedOptions {
  readonly asked: ConversationAsk;
  readonly answer: AnswerAsk;
}

/**
 * Answers a request behind the guardrails of its model: first they look at the
 * request, in their order, then at the answer, in the same order. What was
 * masked is put back last, so that none of them sees it.
 *
 * @throws {GatewayError} whatever goes wrong; 400 `content_policy_violation`
 * naming the guardrail that refused it.
 */
export async function answerGuarded(
  context: RequestContext,
  { asked, answer }: GuardedOptions,
): Promise<void> {
  const { document } = asked;
  const { estimator } = context.gateway.tokens;
  const { model } = asked.facts(new RequestSize(document.value, estimator));
  const guards = await findGuards(context, model);
  if (guards.length === 0) return await answer(context, asked);
  const work = async (): Promise<void> => {
    const checked = await checkRequest(context, { guards, model, document });
    await tellGuarded(context, { asked, guards, model, answer, ...checked });
  };
  await noteRefusal(context, work());
}

/** Has a request answered, and its answer looked at. */
async function tellGuarded(
  context: RequestContext,
  { asked, guards, model, answer, document, mask }: GuardedRequest & {
    readonly asked: ConversationAsk;
    readonly guards: readonly Guardrail[];
    readonly model: string;
    readonly answer: AnswerAsk;
  },
): Promise<void> {
  const scans: BeginScan[] = [];
  const looks: BeginScan[] = [];
  const whole: ((answer: Answer) => Promise<Answer>)[] = [];
  const hooks: ((answer: Answer) => Promise<Answer>)[] = [];
  const reader = answerReader(context.record.client);
  const { record } = context;
  const asking = { ...asked, document };
  for (const guard of guards) {
    if (guard.type === "scan") {
      if (guard.on === "input") continue;
      const begin = guard.begin("answer");
      scans.push(begin);
      if (!guard.counts) looks.push(begin);
    } else if (guard.type === "webhook" && guard.on !== "input") {
      const ask = async (said: Answer): Promise<Answer> => {
        const texts = said.parts.map(textOf);
        await moderate(context, { guard, side: "answer", model, texts });
        return said;
      };
      whole.push(ask);
      hooks.push(ask);
    } else if (guard.type === "json_schema" && reader !== undefined) {
      const before = [...hooks];
      whole.push(async (said) => {
        const check = await schemaCheck(guard.schema);
        const fault = check(said);
        if (fault === undefined) return said;
        if (!guard.repair) throw unfit(guard.name, record);
        const again = await askAgain(context, {
          document,
          reader,
          answer: said,
          fault,
          ask: (context, document) =>
            answer(context, {
              ...asking,
              document,
              stream: false,
              shape: undefined,
            }),
        });
        if (again === undefined || check(again) !== undefined) {
          throw unfit(guard.name, record);
        }
        // It is another answer to those that have looked at the first.
        scanAnswer(again, scans);
        for (const ask of before) await ask(again);
        record.guardrails?.set(guard.name, "repaired");
        const usage = addUsage(said.usage, again.usage);
        return { ...again, ...(usage && { usage }) };
      });
    }
  }
  if (scans.length === 0 && whole.length === 0 && !mask?.size) {
    return await answer(context, asking);
  }
  if (reader === undefined) throw unreadable(guards);
  checkCount(document);
  const guarded = new GuardedExchange(context, {
    // Its words may be repeated in the answer.
    document: asked.document,
    reader,
    scans,
    looks,
    mask,
    whole: whole.length === 0 ? undefined : async (said) => {
      for (const check of whole) said = await check(said);
      return said;
    },
    shape: asked.shape,
  });
  try {
    await answer({ ...context, exchange: guarded }, {
      ...asking,
      shape: undefined,
    });
    await guarded.finish();
  } catch (error) {
    guarded.break(error);
    throw error;
  } finally {
    guarded.close();
  }
}

function unfit(name: string, record: RequestContext["record"]): GatewayError {
  record.guardrails?.set(name, "refused");
  return new GatewayError(
    "upstream",
    `The model's answer does not fit the schema of the guardrail '${name}'`,
    {
      code: "answer_schema_mismatch",
      // Another try would have to be paid for, as the repair was.
      headers: { "x-should-retry": "false" },
    },
  );
}

function unreadable(guards: readonly Guardrail[]): GatewayError {
  const names = guards.map(({ name }) => `'${name}'`).join(", ");
  return new GatewayError(
    "invalid_request",
    `Answers here can't be looked at by the guardrails ${names}: use /v1/chat/completions`,
    { code: "unsupported_endpoint" },
  );
}

/** Refuses several answers to one request: only the first would be looked at. */
function checkCount({ value }: JsonDocument): void {
  const config: unknown = value.generationConfig ?? value.generation_config;
  const wanted = isFields(config)
    ? config.candidateCount ?? config.candidate_count
    : value.n;
  if (Number(wanted ?? 1) <= 1) return;
  const param = isFields(config) ? "generationConfig.candidateCount" : "n";
  throw new GatewayError(
    "invalid_request",
    `Guardrails look at one answer: '${param}' must be 1`,
    { code: "unsupported_parameter", param },
  );
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
