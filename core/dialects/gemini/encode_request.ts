import { reportCacheMarks } from "../_cache_marks.ts";
import type { Conversation } from "../../conversation.ts";
import type { DialectTarget, EncodedRequest } from "../../dialect.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import type { Encoding } from "./_encoding.ts";
import { encodeMessages } from "./_messages.ts";
import { modelPath } from "./_model_path.ts";
import { modelTraits } from "./_models.ts";
import { encodeFormat } from "./_output_format.ts";
import { encodeSampling } from "./_sampling.ts";
import { encodeThinking } from "./_thinking.ts";
import { encodeToolChoice, encodeTools } from "./_tools.ts";

/** What callers call the provider's safety settings: in chat, and in its own dialect. */
const SAFETY = ["safety_settings", "safetySettings"] as const;

/**
 * Writes a conversation as a request to `generateContent`, or to
 * `streamGenerateContent` where a stream is wanted (D1).
 *
 * Equal conversations give equal bytes (C19). What the dialect can't carry as
 * it is goes on the target's loss report.
 *
 * @throws {GatewayError} naming the field that can't be carried at all.
 */
export function encodeRequest(
  conversation: Conversation,
  target: DialectTarget,
): EncodedRequest {
  const { model, losses, provider } = target;
  const encoding: Encoding = { provider, traits: modelTraits(model), losses };
  reportLosses(conversation, encoding);
  const tools = encodeTools(conversation, encoding);
  const toolConfig = encodeToolChoice(conversation, encoding);
  const safety = safetySettings(conversation);
  const { system, turns } = encodeMessages(conversation, encoding);
  if (turns.length === 0) {
    throw cannotCarry("messages", "send a conversation without content");
  }
  const format = encodeFormat(conversation, encoding);
  if (format.instruction !== undefined) {
    system.push(`{"text":${JSON.stringify(format.instruction)}}`);
  }
  const settings = [
    ...encodeSampling(conversation, encoding),
    ...format.members,
    ...encodeThinking(conversation, encoding),
  ];

  let body = "{";
  if (system.length > 0) {
    body += `"systemInstruction":{"parts":[${system.join()}]},`;
  }
  if (tools.length > 0) {
    body += `"tools":[{"functionDeclarations":[${tools.join()}]}],`;
  }
  if (toolConfig !== undefined) body += `"toolConfig":${toolConfig},`;
  if (safety !== undefined) body += `"safetySettings":${safety},`;
  if (settings.length > 0) body += `"generationConfig":{${settings.join()}},`;
  body += `"contents":[${turns.join()}]}`;
  const method = conversation.stream
    ? ":streamGenerateContent?alt=sse"
    : ":generateContent";
  return { path: modelPath(model) + method, headers: {}, body };
}

/** Notes what has no place in this dialect wherever it stands. */
function reportLosses(
  conversation: Conversation,
  { losses, provider }: Encoding,
): void {
  for (const field of conversation.unmapped) {
    const isSafety = SAFETY.some((name) => name === field);
    if (isSafety && conversation.extras?.has(field)) continue;
    losses.add("dropped", field, provider);
  }
  if (conversation.endUser !== undefined) {
    losses.add("dropped", "user", provider);
  }
  const why = `${provider} caches by itself`;
  reportCacheMarks(conversation, { losses, provider }, why);
}

/** The provider's own settings, as the caller spelled them. */
function safetySettings({ extras }: Conversation): string | undefined {
  const field = SAFETY.find((name) => extras?.get(name) !== undefined);
  if (field === undefined) return undefined;
  const settings = extras?.get(field);
  if (Array.isArray(settings)) return JSON.stringify(settings);
  throw cannotCarry(
    field,
    "send safety settings that are no array",
    "invalid_value",
  );
}
