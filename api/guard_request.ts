import type { JsonDocument } from "@llm-proxy/core";
import type { RequestContext } from "./endpoints.ts";
import { Mask } from "./_guard_mask.ts";
import { plainDocument } from "./_guard_plain.ts";
import { GuardrailError } from "./_guard_scan.ts";
import { joinedTexts, requestTexts } from "./_guard_texts.ts";
import { maskTexts, scanTexts } from "./_guard_turns.ts";
import { askWebhook } from "./_guard_webhook.ts";
import type { WebhookGuardrail } from "./config_types_guardrails.ts";
import type { Guardrail } from "./guardrail_policy.ts";
import { RequestSize } from "./request_size.ts";
import { Turns } from "./_turns.ts";

/** What is looked at. */
export interface GuardedRequestOptions {
  readonly document: JsonDocument;
  /** The model, as the caller names it. */
  readonly model: string;
  /**
   * Whether personal data can be put back, or is in no answer; otherwise a
   * request that holds some is refused.
   *
   * @default {true}
   */
  readonly canMask?: boolean;
}

/** A request that guardrails have let pass. */
export interface GuardedRequest {
  /** As providers may know it. */
  readonly document: JsonDocument;
  /** What was masked of it. */
  readonly mask: Mask | undefined;
}

/**
 * Has the guardrails of its model look at a request whose answer is no model's
 * words.
 *
 * @throws {GatewayError} 400 `content_policy_violation` naming the guardrail that refused it.
 */
export async function guardRequest(
  context: RequestContext,
  options: GuardedRequestOptions,
): Promise<GuardedRequest> {
  const { document, model } = options;
  const guards = await findGuards(context, model);
  if (guards.length === 0) return { document, mask: undefined };
  return await noteRefusal(
    context,
    checkRequest(context, { ...options, guards }),
  );
}

/** The guardrails of a model's requests; from then on the record tells what each comes to. */
export async function findGuards(
  { gateway, record }: RequestContext,
  model: string,
): Promise<readonly Guardrail[]> {
  const { guardrails } = gateway;
  const names = guardrails?.namesFor(model) ?? [];
  if (guardrails === undefined || names.length === 0) return [];
  // Who may not ask this model learns nothing of its guardrails.
  record.requestedModel = model;
  record.access?.checkModel(model);
  const guards = await guardrails.named(names);
  record.guardrails = new Map(guards.map(({ name }) => [name, "passed"]));
  return guards;
}

/** Waits for work, and notes which guardrail has refused it. */
export async function noteRefusal<T>(
  { record }: RequestContext,
  work: Promise<T>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof GuardrailError) {
      record.guardrails?.set(error.guardrail, "refused");
    }
    throw error;
  }
}

/** Has the guardrails look at a request, and mask it. */
export async function checkRequest(
  context: RequestContext,
  { guards, model, document, canMask = true }: GuardedRequestOptions & {
    readonly guards: readonly Guardrail[];
  },
): Promise<GuardedRequest> {
  const { gateway, record } = context;
  const side = "request";
  document = plainDocument(document);
  let texts = requestTexts(document);
  let mask: Mask | undefined;
  const turns = new Turns(context.exchange.signal);
  for (const guard of guards) {
    switch (guard.type) {
      case "scan": {
        if (guard.on === "output") break;
        const begin = guard.begin(side);
        const seen = guard.counts
          ? texts
          : [...texts, ...joinedTexts(document)];
        await scanTexts(seen, { begin, turns });
        if (guard.maxTokens === undefined) break;
        const { estimator } = gateway.tokens;
        const { tokens } = new RequestSize(document.value, estimator);
        if (tokens > guard.maxTokens) {
          throw new GuardrailError(guard.name, side);
        }
        break;
      }
      case "pii": {
        mask ??= new Mask(texts);
        const { size } = mask;
        document = await maskTexts(document, {
          texts,
          mask,
          kinds: guard.kinds,
          turns,
        });
        if (mask.size === size) break;
        if (mask.isFull || !canMask) throw new GuardrailError(guard.name, side);
        record.guardrails?.set(guard.name, "masked");
        texts = requestTexts(document);
        break;
      }
      case "webhook":
        if (guard.on === "output") break;
        await moderate(context, { guard, side, model, texts });
        break;
    }
  }
  return { document, mask };
}

/** What {@linkcode moderate} asks. */
export interface ModerateOptions {
  readonly guard: WebhookGuardrail;
  readonly side: "request" | "answer";
  readonly model: string;
  readonly texts: readonly string[];
}

/** Has a webhook look at texts, and notes where it has not answered and need not. */
export async function moderate(
  { gateway, exchange, record }: RequestContext,
  { guard, ...question }: ModerateOptions,
): Promise<void> {
  const webhook = gateway.guardrails?.webhook(guard.url);
  if (webhook === undefined) throw new TypeError("There are no guardrails");
  const asking = askWebhook(guard, {
    ...question,
    webhook,
    requestId: record.id,
    signal: exchange.signal,
  });
  if (await record.waiting.during(asking)) return;
  record.guardrails?.set(guard.name, "failed_open");
}
