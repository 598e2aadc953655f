import { bodyCut, callId, type ChatExchange, usageOf } from "./_chat_answer.ts";
import { pieces, words } from "./_text.ts";

/** How many words the model `cut` says before the end. */
const CUT_AFTER = 3;

/** Characters of a tool call's arguments in one chunk. */
const FRAGMENT = 12;

/**
 * The body of a streamed answer: pauses in milliseconds, and server-sent
 * events, one string each. Nothing is made before it is asked for.
 *
 * @throws {UpstreamError} after some words where the model is `cut`.
 */
export function* chatStream(
  exchange: ChatExchange,
): Generator<string | number> {
  const { request, reply } = exchange;
  const frame = frameOf(exchange);
  const choices = Array.from({ length: request.n }, (_, index) => index);
  const slow = request.behaviour.kind === "slow" ? request.behaviour : null;
  if (slow !== null) yield slow.first;
  const content = reply.type === "text" ? '""' : "null";
  for (const index of choices) {
    yield frame(
      index,
      `{"role":"assistant","content":${content},"refusal":null}`,
    );
  }
  let said = 0;
  for (const delta of deltas(exchange)) {
    if (slow !== null && said > 0) yield slow.gap;
    for (const index of choices) {
      yield frame(index, typeof delta === "string" ? delta : delta(index));
    }
    if (++said === CUT_AFTER && request.behaviour.kind === "cut") break;
  }
  if (request.behaviour.kind === "cut") throw bodyCut();
  const finish = reply.type === "text" ? reply.finish : "tool_calls";
  for (const index of choices) yield frame(index, "{}", `"${finish}"`);
  if (request.includeUsage) yield usageFrame(exchange);
  yield "data: [DONE]\n\n";
}

/** The deltas after the first as JSON, or as a function of the choice's index. */
function* deltas(
  { reply, head }: ChatExchange,
): Generator<string | ((index: number) => string)> {
  if (reply.type === "text") {
    for (const word of words(reply.text)) {
      yield `{"content":${JSON.stringify(word)}}`;
    }
    return;
  }
  const name = JSON.stringify(reply.name);
  yield (index) =>
    `{"tool_calls":[{"index":0,"id":"${callId(head, index)}",` +
    `"type":"function","function":{"name":${name},"arguments":""}}]}`;
  for (const fragment of pieces(reply.arguments, FRAGMENT)) {
    const text = JSON.stringify(fragment);
    yield `{"tool_calls":[{"index":0,"function":{"arguments":${text}}}]}`;
  }
}

/** Writes an event around a delta. Everything that stays the same is made once. */
function frameOf(
  exchange: ChatExchange,
): (index: number, delta: string, finish?: string) => string {
  const start = `${opening(exchange)},"choices":[{"index":`;
  const end = exchange.request.includeUsage ? ',"usage":null}\n\n' : "}\n\n";
  return (index, delta, finish = "null") =>
    `${start}${index},"delta":${delta},"logprobs":null,` +
    `"finish_reason":${finish}}]${end}`;
}

function usageFrame(exchange: ChatExchange): string {
  const usage = JSON.stringify(usageOf(exchange));
  return `${opening(exchange)},"choices":[],"usage":${usage}}\n\n`;
}

function opening({ head, request }: ChatExchange): string {
  const model = JSON.stringify(request.model);
  return `data: {"id":"${head.id}","object":"chat.completion.chunk",` +
    `"created":${head.created},"model":${model},"system_fingerprint":"fp_mock"`;
}
