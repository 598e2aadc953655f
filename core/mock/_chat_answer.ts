import { type Reply, replyChars } from "./_chat_reply.ts";
import type { ChatRequest } from "./_chat_request.ts";
import { UpstreamError } from "../errors.ts";
import { MAX_PAUSE } from "./_mock_model.ts";
import { estimateTokens, head, words } from "./_text.ts";

/** What is the same for every chunk of one answer. */
export interface AnswerHead {
  /** `chatcmpl-…`; unique for each answer. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
}

/** One exchange, ready to be answered. */
export interface ChatExchange {
  readonly request: ChatRequest;
  readonly reply: Reply;
  readonly head: AnswerHead;
}

/** Token counts in OpenAI's shape, by the mock's estimate. */
export function usageOf({ request, reply }: ChatExchange): unknown {
  const input = estimateTokens(request.prompt.chars);
  const output = estimateTokens(replyChars(reply)) * request.n;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}

/** The id of the tool call in one choice. */
export function callId({ id }: AnswerHead, choice: number): string {
  return `call_${id.slice("chatcmpl-".length)}_${choice}`;
}

/** The body of the model `cut` ends this way, as one does that the network cuts. */
export function bodyCut(): UpstreamError {
  return new UpstreamError("upstream", "The provider's answer was cut short", {
    code: "upstream_body_cut",
  });
}

/**
 * The body of an answer that is not streamed: pauses in milliseconds, and JSON.
 *
 * @throws {UpstreamError} after half of it where the model is `cut`.
 */
export function* chatAnswer(
  exchange: ChatExchange,
): Generator<string | number> {
  const { behaviour } = exchange.request;
  if (behaviour.kind === "slow") yield wholePause(exchange.reply, behaviour);
  const json = answerJson(exchange);
  if (behaviour.kind !== "cut") return yield json;
  yield head(json, json.length >> 1);
  throw bodyCut();
}

/** As long as the same text takes when it is streamed, a minute at most. */
function wholePause(
  reply: Reply,
  { first, gap }: { readonly first: number; readonly gap: number },
): number {
  let pause = first;
  if (reply.type !== "text" || gap === 0) return pause;
  let further = -1;
  for (const _ of words(reply.text)) {
    if (++further === 0) continue;
    pause += gap;
    if (pause >= MAX_PAUSE) return MAX_PAUSE;
  }
  return pause;
}

function answerJson(exchange: ChatExchange): string {
  const { request, reply, head } = exchange;
  return JSON.stringify({
    id: head.id,
    object: "chat.completion",
    created: head.created,
    model: request.model,
    choices: Array.from({ length: request.n }, (_, index) => ({
      index,
      message: messageOf(reply, callId(head, index)),
      logprobs: null,
      finish_reason: reply.type === "text" ? reply.finish : "tool_calls",
    })),
    usage: usageOf(exchange),
    system_fingerprint: "fp_mock",
  });
}

function messageOf(reply: Reply, id: string): unknown {
  if (reply.type === "text") {
    return { role: "assistant", content: reply.text, refusal: null };
  }
  const { name, arguments: text } = reply;
  return {
    role: "assistant",
    content: null,
    tool_calls: [
      { id, type: "function", function: { name, arguments: text } },
    ],
    refusal: null,
  };
}
