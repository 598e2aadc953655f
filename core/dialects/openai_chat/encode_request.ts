import type { Conversation } from "../../conversation.ts";
import type { DialectTarget, EncodedRequest } from "../../dialect.ts";
import { encodeEffort } from "./_encode_effort.ts";
import { encodeFormat } from "./_encode_format.ts";
import { encodeMessages } from "./_encode_messages.ts";
import { encodeExtras, encodeSampling } from "./_encode_settings.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import { encodeTools } from "./_encode_tools.ts";
import type { MutableJson } from "./_pass_json.ts";

/**
 * Writes a conversation as a chat completion request for OpenAI or any
 * compatible provider; the target's quirks say how that one departs from it.
 *
 * Equal conversations give equal bytes (C19). What the dialect can't carry as
 * it is goes on the target's loss report.
 *
 * @throws {GatewayError} naming the field that can't be carried at all.
 */
export function encodeChatRequest(
  conversation: Conversation,
  target: DialectTarget,
): EncodedRequest {
  const { stream, endUser } = conversation;
  const format = encodeFormat(conversation, target);
  const messages = encodeMessages(conversation, target, format.instruction);
  if (messages.length === 0) {
    throw cannotCarry("messages", "send a conversation without content");
  }
  const body: MutableJson = {
    model: target.model,
    messages,
    ...encodeTools(conversation, target),
    response_format: format.responseFormat,
    ...encodeSampling(conversation, target),
    ...encodeEffort(conversation, target),
    user: endUser,
    ...encodeExtras(conversation, target),
  };
  if (stream) {
    body.stream = true;
    if (asksForUsage(target)) body.stream_options = { include_usage: true };
  }
  dropFields(body, target);
  return {
    path: "/chat/completions",
    headers: {},
    body: JSON.stringify(renamed(body, target)),
  };
}

/** The gateway always wants the counts (J26). */
function asksForUsage({ quirks }: DialectTarget): boolean {
  return !quirks.noStreamOptions && !quirks.drop?.includes("stream_options");
}

function dropFields(
  body: MutableJson,
  { quirks, losses, provider }: DialectTarget,
): void {
  for (const name of quirks.drop ?? []) {
    if (!Object.hasOwn(body, name) || body[name] === undefined) continue;
    body[name] = undefined;
    losses.add("dropped", name, provider);
  }
}

/** The body with the provider's own names of fields, in the same order (A19, H10). */
function renamed(body: MutableJson, { quirks }: DialectTarget): MutableJson {
  const names = quirks.rename;
  if (names === undefined) return body;
  return Object.fromEntries(
    Object.entries(body).map((
      [name, value],
    ) => [Object.hasOwn(names, name) ? names[name] : name, value]),
  );
}
