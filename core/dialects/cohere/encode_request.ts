import type { Conversation, Tool } from "../../conversation.ts";
import type { DialectTarget, EncodedRequest } from "../../dialect.ts";
import { reportCacheMarks } from "../_cache_marks.ts";
import { encodeDocuments } from "./_documents.ts";
import { cannotCarry, encodeMessages } from "./_messages.ts";

/**
 * Writes a conversation as a request to `/v2/chat` (G7, G8, G10, O4, O5).
 *
 * Equal conversations give equal bytes (C19). What the dialect can't carry as
 * it is goes on the target's loss report.
 *
 * @throws {GatewayError} naming the field that can't be carried at all.
 */
export function encodeCohereRequest(
  conversation: Conversation,
  target: DialectTarget,
): EncodedRequest {
  const { losses, provider } = target;
  const { unmapped, endUser, parallelToolCalls } = conversation;
  const own = Array.isArray(conversation.extras?.get("documents"));
  for (const field of unmapped) {
    if (own && field === "documents") continue;
    losses.add("dropped", field, provider);
  }
  if (endUser !== undefined) losses.add("dropped", "user", provider);
  if (parallelToolCalls === false) {
    losses.add("dropped", "parallel_tool_calls", provider);
  }
  reportCacheMarks(conversation, target);
  const body = {
    model: target.model,
    messages: encodeMessages(conversation, target),
    ...encodeDocuments(conversation),
    ...encodeTools(conversation, target),
    ...encodeFormat(conversation),
    ...encodeSampling(conversation, target),
    ...encodeThinking(conversation, target),
    stream: conversation.stream,
  };
  return { path: "/chat", headers: {}, body: JSON.stringify(body) };
}

/** A tool that is named is the only one offered, and must be called (G7). */
function encodeTools(
  { tools = [], toolChoice }: Conversation,
  { losses, provider }: DialectTarget,
): Record<string, unknown> {
  const isForced = toolChoice?.type === "required" ||
    toolChoice?.type === "tool";
  if (tools.length === 0) {
    if (!isForced) return {};
    throw cannotCarry("tool_choice", "require a tool call without tools");
  }
  const offered = toolChoice?.type === "tool"
    ? tools.filter(({ name }) => name === toolChoice.name)
    : tools;
  if (offered.length === 0) {
    throw cannotCarry("tool_choice", "require a tool that is not offered");
  }
  const strict = tools.filter((tool) => tool.strict).length;
  if (strict > 0 && strict < tools.length) {
    losses.add("dropped", "tools.strict", `${provider}: all tools or none`);
  }
  return {
    tools: offered.map(encodeTool),
    ...(strict === tools.length && { strict_tools: true }),
    ...(isForced && { tool_choice: "REQUIRED" }),
    ...(toolChoice?.type === "none" && { tool_choice: "NONE" }),
  };
}

function encodeTool({ name, description, parameters }: Tool): unknown {
  return { type: "function", function: { name, description, parameters } };
}

function encodeFormat({ output }: Conversation): Record<string, unknown> {
  if (output === undefined) return {};
  return {
    response_format: {
      type: "json_object",
      ...(output.type === "json_schema" && { json_schema: output.schema }),
    },
  };
}

/** Cohere's own names and ranges (G10, O9). */
function encodeSampling(
  { sampling, maxOutputTokens }: Conversation,
  { losses, provider }: DialectTarget,
): Record<string, unknown> {
  const within = (
    field: string,
    value: number | undefined,
    [min, max]: readonly [number, number],
  ): number | undefined => {
    if (value === undefined || (value >= min && value <= max)) return value;
    losses.add("changed", field, `${provider} takes ${min} to ${max}`);
    return Math.min(Math.max(value, min), max);
  };
  const { temperature, topP, presencePenalty, frequencyPenalty } = sampling;
  const settings = {
    max_tokens: maxOutputTokens,
    temperature: within("temperature", temperature, [0, 1]),
    p: within("top_p", topP, [0.01, 0.99]),
    k: within("top_k", sampling.topK, [0, 500]),
    seed: sampling.seed,
    stop_sequences: sampling.stop,
    presence_penalty: within("presence_penalty", presencePenalty, [0, 1]),
    frequency_penalty: within("frequency_penalty", frequencyPenalty, [0, 1]),
  };
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  );
}

/** Thinking is on or off, with a budget. */
function encodeThinking(
  { reasoning }: Conversation,
  { losses, provider }: DialectTarget,
): Record<string, unknown> {
  if (reasoning === undefined) return {};
  const { effort, budgetTokens } = reasoning;
  if (effort === "none" || budgetTokens === 0) {
    return { thinking: { type: "disabled" } };
  }
  if (budgetTokens !== undefined) {
    return { thinking: { type: "enabled", token_budget: budgetTokens } };
  }
  losses.add("changed", "reasoning_effort", `${provider}: on or off`);
  return { thinking: { type: "enabled" } };
}
