import { parseJsonText } from "@llm-proxy/core";
import { GatewayError } from "@llm-proxy/core";
import type { WebhookGuardrail } from "./config_types_guardrails.ts";
import { GuardrailError } from "./_guard_scan.ts";
import { postFault, type Webhook, type WebhookAnswer } from "./webhook.ts";

/** What a webhook is asked. */
export interface WebhookQuestion {
  readonly webhook: Webhook;
  readonly side: "request" | "answer";
  readonly requestId: string;
  readonly model: string;
  readonly texts: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Asks a webhook whether texts may pass, signed.
 *
 * @returns Whether it has answered; where it has not, the texts pass only if the config says so.
 * @throws {GuardrailError} where it says no.
 * @throws {GatewayError} 503 where it does not answer, and must.
 */
export async function askWebhook(
  { name, secret, timeout, fail }: WebhookGuardrail,
  { webhook, side, requestId, model, texts, signal }: WebhookQuestion,
): Promise<boolean> {
  const body = JSON.stringify({
    type: "guardrail.check",
    guardrail: name,
    side,
    request_id: requestId,
    model,
    texts,
  });
  let isAllowed: boolean;
  try {
    isAllowed = verdict(
      await webhook.post({
        secret,
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeout * 1_000)]),
      }),
    );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (fail === "open") return false;
    throw new GatewayError(
      "overloaded",
      `The guardrail '${name}' does not answer`,
      { code: "guardrail_unavailable", cause: { reason: postFault(error) } },
    );
  }
  if (!isAllowed) throw new GuardrailError(name, side);
  return true;
}

function verdict({ status, text }: WebhookAnswer): boolean {
  if (status !== 200) throw new TypeError("No verdict");
  const answer: unknown = parseJsonText(text);
  if (typeof answer === "object" && answer !== null && "allowed" in answer) {
    if (typeof answer.allowed === "boolean") return answer.allowed;
  }
  throw new TypeError("No verdict");
}
