/**
 * What providers refuse of a conversation, as far as they document it: each
 * gate tells what is wrong with a request, or nothing.
 *
 * @module
 */

// deno-lint-ignore no-explicit-any -- looked at freely
type Json = any;

type Gate = (body: Json) => string | undefined;

const list = (value: Json): Json[] => Array.isArray(value) ? value : [];

/** The first fault that any of these finds. */
function firstFault(
  faults: Iterable<string | false | undefined>,
): string | undefined {
  for (const fault of faults) if (fault) return fault;
  return undefined;
}

/** Names that are not among the known ones. */
function unknown(
  value: Json,
  known: readonly string[],
  where: string,
): string | undefined {
  const name = Object.keys(value).find((key) => !known.includes(key));
  return name && `${where}: unknown ${name}`;
}

/** Each call must have its result behind it, and each result its call before it. */
function* pairs(turns: readonly Json[]): Generator<string | false> {
  const open = new Set<string>();
  for (const { calls = [], results = [], isOther } of turns) {
    for (const id of results) {
      yield !open.delete(id) && `a result without a call: ${id}`;
    }
    yield (calls.length > 0 || isOther) && open.size > 0 &&
      `calls without results: ${[...open]}`;
    for (const id of calls) open.add(id);
  }
  yield open.size > 0 && `calls without results: ${[...open]}`;
}

const CHAT_TURN = {
  system: ["role", "content", "name"],
  developer: ["role", "content", "name"],
  user: ["role", "content", "name"],
  assistant: [
    "role",
    "content",
    "refusal",
    "name",
    "audio",
    "tool_calls",
    "annotations",
  ],
  tool: ["role", "content", "tool_call_id"],
} as const;

const CALL = ["id", "type", "function", "index"];

function* chatFaults(
  { messages }: Json,
  more: readonly string[] = [],
): Generator<string | false | undefined> {
  for (const message of messages) {
    const known = CHAT_TURN[message.role as keyof typeof CHAT_TURN];
    yield unknown(message, [...known, ...more], message.role);
    for (const part of list(message.content)) {
      yield unknown(part, [part.type, "type", ...more], "content");
    }
    for (const call of list(message.tool_calls)) {
      yield unknown(call, [...CALL, ...more], "tool_calls");
      JSON.parse(call.function.arguments);
    }
  }
  yield* pairs(messages.map((message: Json) => ({
    calls: list(message.tool_calls).map(({ id }) => id),
    results: message.role === "tool" ? [message.tool_call_id] : [],
    isOther: message.role !== "tool",
  })));
}

/** OpenAI knows no thought of others. */
const openai: Gate = (body) => firstFault(chatFaults(body));

/** Mistral's ids have nine letters and digits. */
const mistral: Gate = (body) =>
  firstFault([
    ...chatFaults(body),
    ...body.messages.flatMap((message: Json) =>
      list(message.tool_calls).map(({ id }) =>
        !/^[a-zA-Z0-9]{9}$/.test(id) && `tool_calls: id ${id}`
      )
    ),
  ]);

/** DeepSeek wants the thought that led to calls. */
const deepseek: Gate = (body) =>
  firstFault([
    ...chatFaults(body, ["reasoning_content", "cache_control"]),
    ...body.messages.map((message: Json) =>
      list(message.tool_calls).length > 0 && !message.reasoning_content &&
      "a call without reasoning_content"
    ),
  ]);

/** OpenRouter's Claude refuses proofs of others, and thought without one. */
const detailed: Gate = (body) =>
  firstFault([
    ...chatFaults(body, [
      "reasoning",
      "reasoning_content",
      "reasoning_details",
      "cache_control",
    ]),
    ...body.messages.flatMap((message: Json) =>
      list(message.reasoning_details).map((detail) =>
        !/^anthropic/.test(detail.format ?? "anthropic") ||
          !(detail.signature || detail.data)
          ? `reasoning_details: ${JSON.stringify(detail)}`
          : undefined
      )
    ),
  ]);

function* claudeFaults(body: Json): Generator<string | false | undefined> {
  const { messages, thinking, max_tokens: limit } = body;
  yield messages[0].role !== "user" && "the first turn is not the user's";
  for (const [index, { role, content }] of messages.entries()) {
    yield index > 0 && messages[index - 1].role === role && "equal roles";
    for (const block of list(content)) {
      yield block.type === "thinking" && !block.signature &&
        "thinking without a signature";
      yield block.type === "text" && block.text.trim() === "" && "empty text";
    }
    const behind = list(content).findIndex(({ type }) =>
      type === "tool_result"
    );
    yield behind > 0 && "something in front of results";
  }
  yield* pairs(messages.map(({ content }: Json) => ({
    calls: list(content).filter(({ type }) => type === "tool_use")
      .map(({ id }) => id),
    results: list(content).filter(({ type }) => type === "tool_result")
      .map(({ tool_use_id: id }) => id),
    isOther: !list(content).some(({ type }) => type === "tool_result"),
  })));
  if (thinking?.type !== "enabled") return;
  yield !(thinking.budget_tokens >= 1024 && limit > thinking.budget_tokens) &&
    "a budget out of bounds";
  // A turn of the loop must begin with its thought.
  const turns = messages.filter(({ role }: Json) => role === "assistant");
  const firsts = turns.map(({ content }: Json) => list(content)[0]?.type);
  yield turns.length > 0 &&
    !firsts.some((type: string) => /thinking/.test(type)) &&
    `begins with ${firsts}`;
}

const claude: Gate = (body) => firstFault(claudeFaults(body));

/** Bedrock's Claude, by Converse. */
const bedrock: Gate = ({ messages, additionalModelRequestFields: more }) =>
  firstFault([
    ...messages.flatMap(({ content }: Json) =>
      content.map(({ reasoningContent: thought }: Json) =>
        thought?.reasoningText && !thought.reasoningText.signature &&
        "reasoningText without a signature"
      )
    ),
    ...pairs(messages.map(({ content }: Json) => ({
      calls: content.flatMap(({ toolUse }: Json) => toolUse?.toolUseId ?? []),
      results: content.flatMap(({ toolResult }: Json) =>
        toolResult?.toolUseId ?? []
      ),
      isOther: content.every(({ toolResult }: Json) => !toolResult),
    }))),
    (() => {
      if (more?.thinking?.type !== "enabled") return undefined;
      const turns = messages.filter(({ role }: Json) => role === "assistant");
      return turns.length > 0 &&
        !turns.some(({ content }: Json) => content[0].reasoningContent) &&
        "begins without its thought";
    })(),
  ]);

/** Gemini 3 wants a signature on the first call of each step. */
const gemini: Gate = (body) => {
  // The SDK keeps each piece of a stream as a turn.
  const contents: Json[] = [];
  for (const { role, parts } of body.contents) {
    const last = contents.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else contents.push({ role, parts: [...parts] });
  }
  return firstFault([
    contents[0].role !== "user" && "the first turn is not the user's",
    ...contents.map(({ role, parts }: Json) => {
      if (role !== "model") return undefined;
      const first = parts.find(({ functionCall }: Json) => functionCall);
      return first && !first.thoughtSignature && "a call without a signature";
    }),
    ...contents.map(({ parts }: Json, index: number) => {
      const calls = parts.filter(({ functionCall }: Json) => functionCall);
      const results = list(contents[index + 1]?.parts)
        .filter(({ functionResponse }) => functionResponse);
      return calls.length !== results.length && calls.length > 0 &&
        "calls without as many results";
    }),
  ]);
};

const responses: Gate = ({ input }) =>
  firstFault([
    ...pairs(
      list(input).map((item) => ({
        calls: item.type === "function_call" ? [item.call_id] : [],
        results: item.type === "function_call_output" ? [item.call_id] : [],
      })),
    ).filter((fault) => !String(fault).startsWith("calls without")),
    ...list(input).map((item) =>
      item.type === "reasoning" && !item.encrypted_content &&
      "reasoning that nobody has encrypted"
    ),
  ]);

/** The gates by the names of the speakers behind them. */
export const GATES: Readonly<Record<string, Gate>> = {
  "openai": openai,
  "openai by responses": responses,
  "anthropic": claude,
  "gemini": gemini,
  "bedrock": bedrock,
  "vertex claude": claude,
  "vertex gemini": gemini,
  "mistral": mistral,
  "deepseek": deepseek,
  "openrouter": detailed,
  "vercel": detailed,
};
