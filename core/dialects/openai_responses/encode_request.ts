import type { Conversation, Tool } from "../../conversation.ts";
import type { DialectTarget, EncodedRequest } from "../../dialect.ts";
import { encodeEffort, thinksAlways } from "../openai_chat/_encode_effort.ts";
import { cannotCarry } from "../_cannot_carry.ts";
import type { MutableJson } from "../openai_chat/_pass_json.ts";
import { encodeItems } from "./_encode_items.ts";

/** The provider's own fields that other dialects may give in `extras`. */
const EXTRAS: ReadonlySet<string> = new Set([
  "metadata",
  "service_tier",
  "prompt_cache_key",
  "prompt_cache_retention",
]);
/** The lowest limit of an answer's tokens. */
const MIN_LIMIT = 16;
/** How wordy the answer shall be; stands beside its form. */
const VERBOSITY = "verbosity";

/**
 * Writes a conversation as a Responses request. Nothing is stored, so thought
 * comes back encrypted and is given back with the next turn (B19).
 *
 * Equal conversations give equal bytes (C19). What the dialect can't carry as
 * it is goes on the target's loss report.
 *
 * @throws {GatewayError} naming the field that can't be carried at all.
 */
export function encodeResponsesRequest(
  conversation: Conversation,
  target: DialectTarget,
): EncodedRequest {
  const { messages, endUser, stream } = conversation;
  const input = encodeItems(messages, target);
  if (input.length === 0) {
    throw cannotCarry("messages", "send a conversation without content");
  }
  const body: MutableJson = {
    model: target.model,
    input,
    ...encodeTools(conversation),
    text: encodeText(conversation),
    max_output_tokens: encodeLimit(conversation, target),
    ...encodeSampling(conversation, target),
    ...encodeThinking(conversation, target),
    store: false,
    safety_identifier: endUser,
    ...encodeExtras(conversation, target),
    ...(stream && { stream }),
  };
  for (const name of target.quirks.drop ?? []) {
    if (!Object.hasOwn(body, name) || body[name] === undefined) continue;
    body[name] = undefined;
    target.losses.add("dropped", name, target.provider);
  }
  return { path: "/responses", headers: {}, body: JSON.stringify(body) };
}

/** Other APIs take lower limits than this one does; one of its own clients hears that itself (B27). */
function encodeLimit(
  { maxOutputTokens: limit }: Conversation,
  { losses }: DialectTarget,
): number | undefined {
  if (limit === undefined || limit >= MIN_LIMIT) return limit;
  losses.add("changed", "max_tokens", `${MIN_LIMIT} is the lowest`);
  return MIN_LIMIT;
}

/** Tools are flat here (B20, O4). */
function encodeTools(
  { tools = [], toolChoice, parallelToolCalls }: Conversation,
): MutableJson {
  if (tools.length === 0) {
    if (toolChoice?.type !== "required" && toolChoice?.type !== "tool") {
      return {};
    }
    throw cannotCarry(
      "tool_choice",
      "require a tool call without tools",
      "invalid_value",
    );
  }
  return {
    tools: tools.map(encodeTool),
    tool_choice: toolChoice?.type === "tool"
      ? { type: "function", name: toolChoice.name }
      : toolChoice?.type,
    parallel_tool_calls: parallelToolCalls,
  };
}

/** Without a word on it the provider is strict, and would refuse most schemas of others. */
function encodeTool({ name, description, parameters, strict }: Tool) {
  return {
    type: "function",
    name,
    description,
    parameters,
    strict: strict ?? false,
  };
}

function encodeText(
  { output, extras }: Conversation,
): MutableJson | undefined {
  const verbosity = extras?.get(VERBOSITY);
  if (!output && verbosity === undefined) return undefined;
  return {
    ...(output && {
      format: output.type === "json" ? { type: "json_object" } : output,
    }),
    ...(verbosity !== undefined && { verbosity }),
  };
}

function encodeSampling(
  conversation: Conversation,
  target: DialectTarget,
): MutableJson {
  const { losses, provider } = target;
  const { temperature, topP, ...rest } = conversation.sampling;
  const lost: readonly (readonly [string, unknown])[] = [
    ["top_k", rest.topK],
    ["presence_penalty", rest.presencePenalty || undefined],
    ["frequency_penalty", rest.frequencyPenalty || undefined],
    ["seed", rest.seed],
    ["stop", rest.stop],
  ];
  for (const [name, value] of lost) {
    if (value !== undefined) losses.add("dropped", name, provider);
  }
  if (!thinksAlways(conversation, target)) {
    return { temperature, top_p: topP };
  }
  if ((temperature ?? 1) !== 1) {
    losses.add("dropped", "temperature", "this model thinks");
  }
  if ((topP ?? 1) !== 1) losses.add("dropped", "top_p", "this model thinks");
  return {};
}

function encodeThinking(
  conversation: Conversation,
  target: DialectTarget,
): MutableJson {
  const { reasoning_effort: effort } = encodeEffort(conversation, {
    ...target,
    // How others are told is no matter here.
    quirks: {
      ...(target.quirks.reasoningModels &&
        { reasoningModels: target.quirks.reasoningModels }),
    },
  });
  const thinks = effort !== undefined && effort !== "none" ||
    thinksAlways(conversation, target);
  return {
    ...(effort !== undefined && {
      reasoning: effort === "none" ? { effort } : { effort, summary: "auto" },
    }),
    ...(thinks && { include: ["reasoning.encrypted_content"] }),
  };
}

/** Fields that the vocabulary has no word for: the provider's own go on, the rest is lost (A25, A27). */
function encodeExtras(
  { unmapped, extras }: Conversation,
  { losses, provider }: DialectTarget,
): MutableJson {
  const members: MutableJson = {};
  for (const field of unmapped) {
    const value = extras?.get(field);
    if (value !== undefined && EXTRAS.has(field)) members[field] = value;
    else if (value !== undefined && field === VERBOSITY) continue;
    else losses.add("dropped", field, provider);
  }
  return members;
}
