import { assertEquals } from "@std/assert";
import { chatStream, completion, toolCall } from "./_chat_answers.ts";
import { withGateway } from "./_with_gateway.ts";

const MESSAGES = [{ role: "user", content: "hi" }];

/** Asks a provider of a type and gives the body that arrived, with what was told as lost. */
function arrived(
  type: string,
  ask: Readonly<Record<string, unknown>>,
): Promise<{ body: Record<string, unknown>; loss: string }> {
  return arrivedBy("/v1/chat/completions", type, ask);
}

/** The same of a request to another path of the gateway. */
async function arrivedBy(
  path: string,
  type: string,
  ask: Readonly<Record<string, unknown>>,
): Promise<{ body: Record<string, unknown>; loss: string }> {
  let body: Record<string, unknown> = {};
  let loss = "";
  await withGateway({
    provider: `name: up, type: ${type}, api_key: key-of-the-gateway-0000`,
    answer: ({ body }) =>
      body.stream ? chatStream([{ content: "x" }]) : completion({
        content: "x",
      }),
  }, async ({ url, upstream }) => {
    const answer = await fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "up/m", messages: MESSAGES, ...ask }),
    });
    await answer.body?.cancel();
    assertEquals(answer.status, 200);
    body = upstream.asked[0]?.body;
    loss = answer.headers.get("x-llm-proxy-loss") ?? "";
  });
  return { body, loss };
}

Deno.test("A19, A21: each type of provider gets the limit under the name that it knows", async () => {
  const old = ["mistral", "deepseek", "lmstudio", "together", "vllm"];
  for (const type of old) {
    const { body, loss } = await arrived(type, {
      max_tokens: 5,
      max_completion_tokens: 9,
    });
    assertEquals([body.max_tokens, body.max_completion_tokens], [9, undefined]);
    assertEquals(
      loss,
      "dropped: max_tokens (max_completion_tokens counts)",
      type,
    );
  }
  for (const type of ["openai", "groq", "xai", "openrouter"]) {
    const { body } = await arrived(type, { max_completion_tokens: 9 });
    assertEquals([body.max_tokens, body.max_completion_tokens], [undefined, 9]);
  }
});

Deno.test("A20: OpenAI's reasoning models get max_completion_tokens, others what was sent", async () => {
  const sent = async (model: string) => {
    const ask = { model: `up/${model}`, max_tokens: 5 };
    const { body } = await arrived("openai", ask);
    return [body.max_tokens, body.max_completion_tokens];
  };
  for (const model of ["o3-mini", "o4-mini", "gpt-5.2"]) {
    assertEquals(await sent(model), [undefined, 5], model);
  }
  assertEquals(await sent("gpt-4.1"), [5, undefined]);
});

Deno.test("A22: developer is system where a type of provider does not know it", async () => {
  const messages = [{ role: "developer", content: "Be brief" }, ...MESSAGES];
  const system = [{ role: "system", content: "Be brief" }, ...MESSAGES];
  for (const type of ["mistral", "deepseek", "lmstudio", "perplexity"]) {
    const { body, loss } = await arrived(type, { messages });
    assertEquals(body.messages, system, type);
    assertEquals(loss, "", type);
  }
  for (const type of ["openai", "openrouter"]) {
    const { body } = await arrived(type, { messages });
    assertEquals(body.messages, messages, type);
  }
});

Deno.test("A31, J26, H9, H10: Mistral gets no field that it answers with 422", async () => {
  const { body, loss } = await arrived("mistral", {
    user: "u",
    seed: 7,
    logit_bias: {},
    stream: true,
    stream_options: { include_usage: true },
  });
  assertEquals(body, {
    model: "m",
    messages: MESSAGES,
    stream: true,
    random_seed: 7,
  });
  assertEquals(loss, "dropped: user (up); dropped: logit_bias (up)");
});

Deno.test("J26: a stream is asked for its counts, whatever the client asked", async () => {
  const { body } = await arrived("openai", { stream: true });
  assertEquals(body.stream_options, { include_usage: true });
});

Deno.test("A24, A29, C18, J4: parts, marks and thought of the history reach a compatible provider as they are", async () => {
  const messages = [
    ...MESSAGES,
    {
      role: "assistant",
      content: null,
      reasoning_details: [{ type: "reasoning.text", text: "a", index: 0 }],
      tool_calls: [toolCall("c1", "f", "{ }")],
    },
    {
      role: "tool",
      tool_call_id: "c1",
      content: [
        { type: "text", text: "x", cache_control: { type: "ephemeral" } },
      ],
    },
  ];
  const ask = { messages, parallel_tool_calls: false };
  const { body } = await arrived("openrouter", ask);
  assertEquals(body, { model: "m", ...ask });
});

for (
  const [provider, isMoved] of [
    ["openai", true],
    ["azure_openai", true],
    ["groq", true],
    ["deepseek", true],
    ["cerebras", true],
    ["openrouter", false],
    ["vllm", false],
  ] as const
) {
  const what = isMoved ? "stands behind it" : "passes";
  Deno.test(`A24: a picture in a tool's result ${what} at ${provider}`, async () => {
    const picture = {
      type: "image_url",
      image_url: { url: "data:image/png;base64,AAAA" },
    };
    const text = { type: "text", text: "A chart" };
    const head = [...MESSAGES, {
      role: "assistant",
      content: null,
      tool_calls: [toolCall("c1", "draw")],
    }];
    const result = { role: "tool", tool_call_id: "c1" };
    const messages = [...head, { ...result, content: [text, picture] }];
    const { body, loss } = await arrived(provider, { messages });
    const shown = {
      role: "user",
      content: [
        { type: "text", text: "Result of the tool call c1:" },
        picture,
      ],
    };
    const last = isMoved
      ? [{ ...result, content: "A chart" }, shown]
      : [{ ...result, content: [text, picture] }];
    const sent = body.messages as { readonly role: string }[];
    assertEquals(
      sent.slice(sent.findIndex(({ role }) => role === "tool")),
      last,
    );
    assertEquals(/media sent beside/.test(loss), isMoved, loss);
  });
}

Deno.test("A27, H9: a top_k of other dialects goes to nobody who answers it with an error", async () => {
  const ask = (type: string) =>
    arrivedBy("/v1/messages", type, {
      max_tokens: 16,
      top_k: 40,
    });
  for (
    const type of ["openai", "azure_openai", "mistral", "groq", "cerebras"]
  ) {
    const { body, loss } = await ask(type);
    assertEquals(body.top_k, undefined, type);
    assertEquals(/dropped: top_k/.test(loss), true, `${type}: ${loss}`);
  }
  for (const type of ["openrouter", "vllm", "openai_compatible"]) {
    assertEquals((await ask(type)).body.top_k, 40, type);
  }
});

Deno.test("A35: an effort is one that the model knows, or is left out and told", async () => {
  const off = { type: "disabled" };
  const on = { type: "enabled", budget_tokens: 1_024 };
  const cases: [
    type: string,
    model: string,
    thinking: object,
    effort: string | undefined,
  ][] = [
    ["groq", "openai/gpt-oss-120b", on, "low"],
    ["groq", "openai/gpt-oss-120b", off, "low"],
    ["groq", "qwen/qwen3-32b", on, undefined],
    ["groq", "qwen/qwen3-32b", off, "none"],
    ["groq", "llama-3.3-70b-versatile", on, undefined],
    ["groq", "llama-3.3-70b-versatile", off, undefined],
    ["cerebras", "zai-glm-4.7", off, "none"],
    ["cerebras", "gpt-oss-120b", on, "low"],
    ["mistral", "mistral-small-latest", on, "high"],
    ["xai", "grok-3-mini", off, "low"],
    ["xai", "grok-4.3", off, "none"],
    ["xai", "grok-4.3", on, "low"],
    ["xai", "grok-4-fast-reasoning", on, undefined],
    ["grok", "grok-code-fast-1", off, undefined],
    ["mistral", "mistral-medium-3-5", off, "none"],
    ["mistral", "magistral-medium-latest", on, undefined],
    ["mistral", "mistral-large-latest", off, undefined],
  ];
  for (const [type, model, thinking, effort] of cases) {
    const { body, loss } = await arrivedBy("/v1/messages", type, {
      model: `up/${model}`,
      max_tokens: 4_096,
      thinking,
    });
    assertEquals(body.reasoning_effort, effort, model);
    const isLost = effort === undefined && thinking === on;
    assertEquals(/dropped: reasoning_effort/.test(loss), isLost, loss);
  }
});

Deno.test("J12: a provider's own fields for thought reach it", async () => {
  const own = { reasoning_format: "parsed", reasoning_effort: "none" };
  const { body } = await arrived("groq", own);
  assertEquals(body, { model: "m", messages: MESSAGES, ...own });
});
