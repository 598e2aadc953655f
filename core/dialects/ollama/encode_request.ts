import type { Conversation, Tool } from "../../conversation.ts";
import type { DialectTarget, EncodedRequest } from "../../dialect.ts";
import { reportCacheMarks } from "../_cache_marks.ts";
import { encodeMessages } from "./_messages.ts";

/**
 * Writes a conversation as a request to `/api/chat` (I1, I5, I7, I10, O8).
 *
 * Equal conversations give equal bytes (C19). What the dialect can't carry as
 * it is goes on the target's loss report.
 *
 * @throws {GatewayError} naming the field that can't be carried at all.
 */
export function encodeOllamaRequest(
  conversation: Conversation,
  target: DialectTarget,
): EncodedRequest {
  const { losses, provider } = target;
  const { unmapped, endUser, parallelToolCalls } = conversation;
  for (const field of unmapped) losses.add("dropped", field, provider);
  if (endUser !== undefined) losses.add("dropped", "user", provider);
  if (parallelToolCalls === false) {
    losses.add("dropped", "parallel_tool_calls", provider);
  }
  reportCacheMarks(conversation, target);
  const tools = encodeTools(conversation, target);
  const options = encodeOptions(conversation);
  const body = {
    model: target.model,
    messages: encodeMessages(conversation, target),
    ...(tools.length > 0 && { tools }),
    ...encodeFormat(conversation),
    ...encodeThink(conversation, target),
    ...(Object.keys(options).length > 0 && { options }),
    // What is left out means that a stream is wanted.
    stream: conversation.stream,
  };
  return { path: "/api/chat", headers: {}, body: JSON.stringify(body) };
}

/** All limits and sampling live under `options`: elsewhere they are ignored in silence (I5). */
function encodeOptions(
  { maxOutputTokens, sampling }: Conversation,
): Record<string, unknown> {
  const options = {
    num_predict: maxOutputTokens,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK,
    seed: sampling.seed,
    stop: sampling.stop,
    presence_penalty: sampling.presencePenalty,
    frequency_penalty: sampling.frequencyPenalty,
  };
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
}

function encodeFormat({ output }: Conversation): Record<string, unknown> {
  if (output === undefined) return {};
  return { format: output.type === "json" ? "json" : output.schema };
}

/** Ollama knows thinking as a switch, and for some models three levels. */
function encodeThink(
  { reasoning }: Conversation,
  { losses, provider, model }: DialectTarget,
): Record<string, unknown> {
  if (reasoning === undefined) return {};
  const { effort, budgetTokens } = reasoning;
  if (effort === "none" || budgetTokens === 0) return { think: false };
  if (budgetTokens !== undefined) {
    losses.add("changed", "reasoning.budget", `${provider} has no budgets`);
  }
  if (!model.startsWith("gpt-oss")) {
    if (effort !== undefined) {
      losses.add("changed", "reasoning_effort", `${provider}: on or off`);
    }
    return { think: true };
  }
  switch (effort) {
    case "minimal":
    case "low":
      return { think: "low" };
    case "high":
    case "xhigh":
    case "max":
      return { think: "high" };
  }
  return { think: "medium" };
}

/** There is no choice of tools: one that is named is the only one offered. */
function encodeTools(
  { tools = [], toolChoice }: Conversation,
  { losses, provider }: DialectTarget,
): unknown[] {
  switch (toolChoice?.type) {
    case "none":
      return [];
    case "tool":
      losses.add("changed", "tool_choice", `${provider} can't be made to call`);
      return tools.filter(({ name }) => name === toolChoice.name)
        .map(encodeTool);
    case "required":
      losses.add("changed", "tool_choice", `${provider} can't be made to call`);
  }
  return tools.map(encodeTool);
}

function encodeTool({ name, description, parameters }: Tool): unknown {
  return { type: "function", function: { name, description, parameters } };
}
