import type { GenerateContentResponse } from "@google/genai";
import type Anthropic from "@anthropic-ai/sdk";
import type OpenAI from "openai";

/** What an answer says, whichever SDK decoded it: the terms of comparison. */
export interface Summary {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly {
    readonly name: string;
    readonly arguments: unknown;
  }[];
  readonly finish: string;
  readonly usage: {
    readonly input: number;
    readonly cached: number;
    readonly output: number;
  } | undefined;
}

type ChatMessage = OpenAI.ChatCompletionMessage & {
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
};

/** Sums up a chat completion as the `openai` SDK decoded it. */
export function ofCompletion(completion: OpenAI.ChatCompletion): Summary {
  const [choice] = completion.choices;
  if (choice === undefined) throw new Error("no choice");
  const message: ChatMessage = choice.message;
  return {
    text: message.content ?? "",
    reasoning: message.reasoning_content ?? message.reasoning ?? "",
    toolCalls: (message.tool_calls ?? []).map((call) =>
      toolCall(
        call.type === "function" ? call.function : { name: "?", arguments: "" },
      )
    ),
    finish: choice.finish_reason,
    usage: ofChatUsage(completion.usage),
  };
}

/** Sums up a chat stream as the `openai` SDK decoded it. */
export async function ofChatStream(
  stream: AsyncIterable<OpenAI.ChatCompletionChunk>,
): Promise<Summary> {
  let text = "";
  let reasoning = "";
  let finish = "";
  let usage: Summary["usage"];
  const calls = new Map<number, { name: string; arguments: string }>();
  for await (const chunk of stream) {
    usage = ofChatUsage(chunk.usage) ?? usage;
    const [choice] = chunk.choices;
    if (choice === undefined) continue;
    const delta = choice.delta as typeof choice.delta & ChatMessage;
    text += delta?.content ?? "";
    reasoning += delta?.reasoning_content ?? delta?.reasoning ?? "";
    for (const call of delta?.tool_calls ?? []) {
      const known = calls.get(call.index) ?? { name: "", arguments: "" };
      known.name += call.function?.name ?? "";
      known.arguments += call.function?.arguments ?? "";
      calls.set(call.index, known);
    }
    finish = choice.finish_reason ?? finish;
  }
  return {
    text,
    reasoning,
    toolCalls: [...calls.values()].map(toolCall),
    finish,
    usage,
  };
}

/** Sums up a message as Anthropic's SDK decoded it, in the terms of a chat client. */
export function ofMessage(message: Anthropic.Message): Summary {
  let text = "";
  let reasoning = "";
  const toolCalls: Summary["toolCalls"][number][] = [];
  for (const block of message.content) {
    if (block.type === "text") text += block.text;
    if (block.type === "thinking") reasoning += block.thinking;
    if (block.type === "tool_use") {
      toolCalls.push({ name: block.name, arguments: block.input });
    }
  }
  const { usage } = message;
  const cached = usage.cache_read_input_tokens ?? 0;
  return {
    text,
    reasoning,
    toolCalls,
    finish: toolCalls.length > 0
      ? "tool_calls"
      : FINISH.get(message.stop_reason ?? "") ?? "?",
    usage: {
      input: usage.input_tokens + cached +
        (usage.cache_creation_input_tokens ?? 0),
      cached,
      output: usage.output_tokens,
    },
  };
}

/** Sums up an answer as Google's SDK decoded it, in the terms of a chat client: a stream is several responses. */
export function ofGenerated(
  responses: readonly GenerateContentResponse[],
): Summary {
  const candidates = responses.flatMap((it) => it.candidates ?? []);
  const parts = candidates.flatMap(({ content }) => content?.parts ?? []);
  const said = (wanted: boolean): string =>
    parts.filter(({ thought = false }) => thought === wanted)
      .map(({ text = "" }) => text).join("");
  const toolCalls = parts.flatMap(({ functionCall: call }) =>
    call ? [{ name: call.name ?? "", arguments: call.args ?? {} }] : []
  );
  const { usageMetadata: usage } = responses.at(-1) ?? {};
  const finish = candidates.findLast((it) => it.finishReason)?.finishReason;
  return {
    text: said(false),
    reasoning: said(true),
    toolCalls,
    finish: toolCalls.length > 0
      ? "tool_calls"
      : FINISH.get(String(finish)) ?? "?",
    usage: usage && {
      input: (usage.promptTokenCount ?? 0) +
        (usage.toolUsePromptTokenCount ?? 0),
      cached: usage.cachedContentTokenCount ?? 0,
      output: (usage.candidatesTokenCount ?? 0) +
        (usage.thoughtsTokenCount ?? 0),
    },
  };
}

/** Sums up a response as the `openai` SDK decoded it, in the terms of a chat client. */
export function ofResponse(response: OpenAI.Responses.Response): Summary {
  let text = "";
  let reasoning = "";
  const toolCalls: Summary["toolCalls"][number][] = [];
  for (const item of response.output) {
    if (item.type === "message") {
      for (const part of item.content) {
        text += part.type === "output_text" ? part.text : part.refusal;
      }
    } else if (item.type === "reasoning") {
      const parts = item.content?.length ? item.content : item.summary;
      reasoning += parts.map(({ text }) => text).join("\n\n");
    } else if (item.type === "function_call") toolCalls.push(toolCall(item));
  }
  const { usage, status, incomplete_details: details } = response;
  return {
    text,
    reasoning,
    toolCalls,
    finish: status === "incomplete"
      ? FINISH.get(details?.reason ?? "") ?? "?"
      : toolCalls.length > 0
      ? "tool_calls"
      : FINISH.get(status ?? "") ?? "?",
    usage: usage && {
      input: usage.input_tokens,
      cached: usage.input_tokens_details?.cached_tokens ?? 0,
      output: usage.output_tokens,
    },
  };
}

/** Table O1. */
const FINISH = new Map([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  ["refusal", "content_filter"],
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  ["SAFETY", "content_filter"],
  ["PROHIBITED_CONTENT", "content_filter"],
  ["completed", "stop"],
  ["max_output_tokens", "length"],
  ["content_filter", "content_filter"],
]);

function toolCall(
  call: { readonly name: string; readonly arguments: string },
): Summary["toolCalls"][number] {
  const { name, arguments: text } = call;
  return { name, arguments: text === "" ? {} : JSON.parse(text) };
}

function ofChatUsage(
  usage: OpenAI.CompletionUsage | null | undefined,
): Summary["usage"] {
  if (!usage) return undefined;
  const { prompt_tokens: input, completion_tokens: output } = usage;
  const reasoning = usage.completion_tokens_details?.reasoning_tokens ?? 0;
  // J13: some count thought apart, as the total shows, or the thought itself.
  const isApart = usage.total_tokens === input + output + reasoning ||
    reasoning > output;
  return {
    input,
    cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
    output: isApart ? output + reasoning : output,
  };
}
