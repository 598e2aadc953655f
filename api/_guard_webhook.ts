import { parseJsonText } from "@llm-proxy/core";
import { GatewayError } from "@llm-proxy/core";
import type { WebhookGuardrail } from "./config_types_guardrails.ts";
import { GuardrailError } from "./_guard_scan.ts";
import { postFault, postSigned } from "./_signed_post.ts";

/** No verdict is longer, in bytes. */
const MAX_ANSWER = 65_536;

/** What a webhook is asked. */
export interface WebhookQuestion {
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
  { name, url, secret, timeout, fail }: WebhookGuardrail,
  { side, requestId, model, texts, signal }: WebhookQuestion,
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
    const response = await postSigned(url, {
      secret,
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout * 1_000)]),
    });
    isAllowed = await verdict(response);
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

async function verdict({ status, body }: Response): Promise<boolean> {
  if (status !== 200 || body === null) {
    await body?.cancel();
    throw new TypeError("No verdict");
  }
  let text = "";
  let size = 0;
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER) throw new TypeError("No verdict");
    text += decoder.decode(chunk, { stream: true });
  }
  const answer: unknown = parseJsonText(text);
  if (typeof answer === "object" && answer !== null && "allowed" in answer) {
    if (typeof answer.allowed === "boolean") return answer.allowed;
  }
  throw new TypeError("No verdict");
}
