// Answers that are kept for whoever asks the same again.
import Anthropic from "@anthropic-ai/sdk";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import OpenAI from "openai";
import { type Answering, eventStream, json } from "./_answering_upstream.ts";
import { chat, KEYS, message, told, withCache } from "./_cache_rig.ts";
import {
  chatStream,
  chunk,
  completion,
  completionBody,
  toolCall,
} from "./_chat_answers.ts";
import { startGateway } from "./_gateway.ts";
import { logLine } from "./_with_gateway.ts";

Deno.test("an answer is given again to who asks the same, with its age and what it saved", async () => {
  await withCache(async (gateway) => {
    const { ask, upstream, log } = gateway;
    assertEquals(await told(await ask(chat("hi"))), ["answer 0", "miss"]);
    const again = await ask(chat("hi"));
    const { headers } = again;
    assertEquals([
      headers.get("age"),
      headers.get("x-llm-proxy-cache-saved"),
      headers.get("x-llm-proxy-provider"),
      headers.get("x-llm-proxy-model"),
    ], ["0", "input=11;output=7", "up", "m"]);
    assertEquals(await told(again), ["answer 0", "hit"]);
    assertEquals(upstream.asked.length, 1);
    const line = await logLine(gateway, 1);
    assertEquals([
      line.cache,
      line.saved_input_tokens,
      line.saved_output_tokens,
      line.input_tokens,
      line.provider,
      line.attempts,
    ], ["hit", 11, 7, undefined, "up", undefined]);
    assertEquals(log[0]?.cache, "miss");
    const metrics = await fetch(`${gateway.url}/metrics`, {
      headers: { "x-api-key": KEYS.ann },
    });
    const text = await metrics.text();
    assertMatch(
      text,
      /proxy_api_cache_hits_total\{cache_type="response"\} 1\n/,
    );
    assertMatch(
      text,
      /proxy_api_cache_misses_total\{cache_type="response"\} 1\n/,
    );
    assertMatch(text, /proxy_api_cache_entries\{cache_type="response"\} 1\n/);
  });
});

Deno.test("nothing is kept, and nothing told of a cache, where it is off", async () => {
  await withCache(async ({ ask, upstream }) => {
    assertEquals(await told(await ask(chat("hi"))), ["answer 0", null]);
    assertEquals(await told(await ask(chat("hi"))), ["answer 1", null]);
    assertEquals(upstream.asked.length, 2);
  }, { cache: "{}" });
});

Deno.test("a route or a key switches the cache on, or off", async () => {
  const routes = `
routes:
  - {match: kept, targets: [up/m], cache: {}}
  - {match: fresh, targets: [up/m], cache: {enabled: false}}
  - {match: plain, targets: [up/m]}
`;
  await withCache(async ({ ask }) => {
    for (const [model, cache] of [["kept", "miss"], ["plain", null]] as const) {
      assertEquals((await told(await ask(chat("hi", { model }))))[1], cache);
    }
  }, { cache: "{}", config: routes });
  await withCache(async ({ ask }) => {
    for (
      const [model, cache] of [["fresh", null], ["plain", "miss"]] as const
    ) {
      assertEquals((await told(await ask(chat("hi", { model }))))[1], cache);
    }
  }, { config: routes });
  const gateway = await startGateway(`
providers: [{type: mock}]
auth: {api_keys: [{name: a, key: ${KEYS.ann}, cache: true}, {name: b, key: ${KEYS.bob}}]}
`);
  try {
    for (
      const [key, cache] of [[KEYS.ann, "miss"], [KEYS.bob, null]] as const
    ) {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-api-key": key },
        body: JSON.stringify(chat("hi", { model: "mock/echo" })),
      });
      assertEquals((await told(response))[1], cache);
    }
  } finally {
    await gateway.close();
  }
});

Deno.test("X5: callers have answers of their own, unless they are shared on purpose", async () => {
  await withCache(async ({ ask }) => {
    assertEquals(await told(await ask(chat("hi"))), ["answer 0", "miss"]);
    assertEquals(await told(await ask(chat("hi"), { key: "bob" })), [
      "answer 1",
      "miss",
    ]);
    assertEquals(await told(await ask(chat("hi"), { key: "bob" })), [
      "answer 1",
      "hit",
    ]);
  });
  await withCache(async ({ ask }) => {
    await told(await ask(chat("hi")));
    assertEquals(await told(await ask(chat("hi"), { key: "bob" })), [
      "answer 0",
      "hit",
    ]);
  }, { cache: "{enabled: true, shared: true}" });
});

Deno.test("cache-control: no-store, no-cache and max-age are obeyed", async () => {
  await withCache(async ({ ask }) => {
    const by = (value: string) => ({ headers: { "cache-control": value } });
    const asked = async (value: string) =>
      await told(await ask(chat("hi"), by(value)));
    assertEquals(await asked("no-store"), ["answer 0", "bypass"]);
    assertEquals(await asked("max-age=60"), ["answer 1", "miss"]);
    assertEquals(await asked("max-age=60"), ["answer 1", "hit"]);
    assertEquals(await asked("max-age=0"), ["answer 2", "miss"]);
    assertEquals(await asked("no-cache"), ["answer 3", "miss"]);
    assertEquals(await asked("Max-Age=100, foo"), ["answer 3", "hit"]);
    assertEquals(await asked("no-store"), ["answer 4", "bypass"]);
    assertEquals(await asked("max-age=60"), ["answer 3", "hit"]);
    // RFC 9111: what is no number is no allowance.
    assertEquals(await asked("max-age=soon"), ["answer 5", "miss"]);
  });
});

Deno.test("what was streamed answers who wants it whole, and the other way round", async () => {
  await withCache(async ({ ask, upstream }) => {
    const streamed = await ask(chat("a", { stream: true }));
    assertMatch(await streamed.text(), /answer 0/);
    assertEquals(await told(await ask(chat("a"))), ["answer 0", "hit"]);
    await told(await ask(chat("b")));
    const replayed = await ask(
      chat("b", { stream: true, stream_options: { include_usage: true } }),
    );
    assertEquals(replayed.headers.get("content-type"), "text/event-stream");
    assertEquals(replayed.headers.get("x-llm-proxy-cache"), "hit");
    const text = await replayed.text();
    assertMatch(
      text,
      /answer 1.*"finish_reason":"stop".*"total_tokens":18.*\[DONE\]/s,
    );
    assertEquals(upstream.asked.length, 2);
  });
});

Deno.test("an answer is told in any dialect, whichever asked first, to real SDKs", async () => {
  const content = "Let me look. ";
  const call = toolCall("call_1", "look", '{"at":1}');
  const answer: Answering = ({ body }) =>
    body.stream
      ? chatStream(
        [{ content }, { tool_calls: [{ index: 0, ...call }] }],
        "tool_calls",
      )
      : completion({ content, tool_calls: [call] }, "tool_calls");
  const tools = [{
    type: "function" as const,
    function: {
      name: "look",
      parameters: { type: "object", properties: { at: { type: "number" } } },
    },
  }];
  await withCache(async ({ url, upstream }) => {
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: KEYS.ann });
    const anthropic = new Anthropic({ baseURL: url, apiKey: KEYS.ann });
    const messages = [{ role: "user" as const, content: "hi" }];
    const first = await openai.chat.completions.stream({
      model: "up/m",
      max_tokens: 100,
      messages,
      tools,
    }).finalChatCompletion();
    assertEquals(first.choices[0]?.finish_reason, "tool_calls");
    const claude = {
      model: "up/m",
      max_tokens: 100,
      messages,
      tools: [{
        name: "look",
        input_schema: tools[0]!.function.parameters as { type: "object" },
      }],
    };
    const streamed = await anthropic.messages.stream(claude).finalMessage();
    const whole = await anthropic.messages.create(claude);
    for (const { content, stop_reason: reason } of [streamed, whole]) {
      assertEquals(reason, "tool_use");
      assertEquals(
        content.map((block) =>
          block.type === "tool_use"
            ? [block.id, block.name, block.input]
            : block.type === "text"
            ? block.text
            : block.type
        ),
        ["Let me look. ", ["call_1", "look", { at: 1 }]],
      );
    }
    const again = await openai.chat.completions.create({
      model: "up/m",
      max_tokens: 100,
      messages,
      tools,
    });
    assertEquals(again.choices[0]?.message.tool_calls?.[0]?.id, "call_1");
    assertEquals(upstream.asked.length, 1);

    const plain = { model: "up/m", max_tokens: 9, messages };
    await anthropic.messages.create(plain);
    const response = await openai.responses.create({
      model: "up/m",
      max_output_tokens: 9,
      input: "hi",
      store: false,
    });
    assertEquals(response.output.map(({ type }) => type), [
      "message",
      "function_call",
    ]);
    assertEquals(upstream.asked.length, 2);
  }, { answer });
});

Deno.test("an answer is given to clients of every dialect, however each writes the request down", async () => {
  const schema = { type: "object", properties: { at: { type: "number" } } };
  const look = { name: "look", description: "Looks" };
  const requests: readonly (readonly [path: string, body: object])[] = [
    ["/v1/chat/completions", {
      model: "up/m",
      max_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      messages: [
        { role: "system", content: "Be brief" },
        { role: "user", content: "hi" },
      ],
      tools: [{ type: "function", function: { ...look, parameters: schema } }],
    }],
    ["/v1/messages", {
      model: "up/m",
      system: "Be brief",
      messages: [{ role: "user", content: "hi" }],
      tools: [{ ...look, input_schema: schema }],
      top_p: 0.9,
      temperature: 0.5,
      max_tokens: 100,
    }],
    ["/v1/responses", {
      model: "up/m",
      store: false,
      instructions: "Be brief",
      input: "hi",
      top_p: 0.9,
      temperature: 0.5,
      max_output_tokens: 100,
      tools: [{ type: "function", ...look, parameters: schema }],
    }],
    ["/v1beta/models/up%2Fm:generateContent", {
      contents: [{ role: "user", parts: [{ text: "hi" }] }],
      generationConfig: { topP: 0.9, temperature: 0.5, maxOutputTokens: 100 },
      systemInstruction: { parts: [{ text: "Be brief" }] },
      tools: [{ functionDeclarations: [{ ...look, parameters: schema }] }],
    }],
  ];
  await withCache(async ({ ask, upstream }) => {
    for (const [at, [path, body]] of requests.entries()) {
      const response = await ask(body, { path });
      assertStringIncludes(await response.text(), "answer ");
      const wanted = at === 0 ? "miss" : "hit";
      assertEquals(response.headers.get("x-llm-proxy-cache"), wanted, path);
    }
    assertEquals(upstream.asked.length, 1);
  });
});

Deno.test("X5: a request that differs in what it means is another", async () => {
  const base = {
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "hi" },
    ],
    temperature: 0.5,
    seed: 1,
    tools: [{
      type: "function",
      function: { name: "f", parameters: { type: "object", properties: {} } },
    }],
    service_tier: "default",
  };
  const others: object[] = [
    { temperature: 0.6 },
    { seed: 2 },
    { top_p: 0.9 },
    { max_tokens: 5 },
    { stop: ["x"] },
    { presence_penalty: 0.1 },
    { tools: undefined },
    { tool_choice: "required" },
    { parallel_tool_calls: false },
    { response_format: { type: "json_object" } },
    { reasoning_effort: "low" },
    { service_tier: "flex" },
    { logit_bias: { "1": 5 } },
    { model: "up/other" },
    { model: "alias" },
    { messages: base.messages.slice(1) },
    { messages: [base.messages[0], { role: "user", content: "hi " }] },
    { messages: [base.messages[0], { role: "developer", content: "hi" }] },
    {
      tools: [{
        type: "function",
        function: { name: "g", parameters: { type: "object", properties: {} } },
      }],
    },
  ];
  await withCache(async ({ ask, upstream }) => {
    for (const other of [{}, ...others]) {
      const response = await ask({ model: "up/m", ...base, ...other });
      const [, cache] = await told(response);
      assertEquals(cache, "miss", JSON.stringify(other));
    }
    assertEquals(upstream.asked.length, others.length + 1);
    const again = await ask({ model: "up/m", ...base, user: "u-1" });
    assertEquals(await told(again), ["answer 0", "hit"]);
  }, { config: "routes: [{match: alias, targets: [up/m]}]" });
});

Deno.test("X5: an answer of an experiment's arm is nobody's who is not in it", async () => {
  await withCache(async ({ ask }) => {
    const by = async (headers: Record<string, string>) =>
      (await told(await ask(chat("hi", { model: "tried" }), { headers })))[1];
    assertEquals(await by({}), "miss");
    assertEquals(await by({ "x-beta": "1" }), "miss");
    assertEquals(await by({}), "hit");
    assertEquals(await by({ "x-beta": "1" }), "hit");
  }, {
    config: `
feature_flags: {beta: {rules: [{headers: {x-beta: "1"}}]}}
routes:
  - match: tried
    targets: [up/m]
    arms: [{name: canary, share: 1, flag: beta, targets: [up/other]}]
`,
  });
});

Deno.test("X5: only whole answers that came to their own end are kept", async () => {
  const answers = [
    () => json({ error: { message: "No" } }, { status: 500 }),
    () => completion({ content: "cut" }, "length"),
    () => completion({ content: "" }),
    () => completion({ content: "No." }, "content_filter"),
    () => completion({ refusal: "I will not." }),
    () => eventStream(chunk({ content: "broken" })),
    () =>
      completion({ content: "sure" }, "stop", {
        choices: [{
          index: 0,
          message: { role: "assistant", content: "sure" },
          logprobs: { content: [{ token: "sure", logprob: -1 }] },
          finish_reason: "stop",
        }],
      }),
    () => json(completionBody({ content: "fine" })),
  ];
  await withCache(async ({ ask, upstream }) => {
    for (let i = 0; i < answers.length; i++) {
      const response = await ask(chat("hi", i === 5 ? { stream: true } : {}));
      await response.text();
      assertEquals(response.headers.get("x-llm-proxy-cache"), "miss", `${i}`);
    }
    assertEquals(await told(await ask(chat("hi"))), ["fine", "hit"]);
    assertEquals(upstream.asked.length, answers.length);
  }, { answer: (_, number) => answers[number]!() });
});

Deno.test("a request whose answer is more than can be kept is passed by", async () => {
  await withCache(async ({ ask }) => {
    for (const more of [{ n: 2 }, { logprobs: true }, { no_such_field: 1 }]) {
      const response = await ask(chat("hi", more));
      await response.body?.cancel();
      assertEquals(response.headers.get("x-llm-proxy-cache"), "bypass");
    }
    const invalid = await ask(chat("hi", { temperature: "hot" }));
    await invalid.body?.cancel();
    assertEquals(invalid.headers.get("x-llm-proxy-cache"), "bypass");
  });
});

Deno.test("L11: a request of megabytes is passed by", async () => {
  await withCache(async ({ ask, upstream }) => {
    const long = chat("word ".repeat(2_000_000));
    for (let time = 1; time <= 2; time++) {
      const response = await ask(long);
      assertEquals(response.headers.get("x-llm-proxy-cache"), "bypass");
      await response.body?.cancel();
      assertEquals(upstream.asked.length, time);
    }
  });
});

Deno.test("a stale answer is given at once, and asked for again in the background", async () => {
  await withCache(async (gateway) => {
    const { ask, upstream } = gateway;
    await told(await ask(chat("hi")));
    await new Promise((resolve) => setTimeout(resolve, 60));
    assertEquals(await told(await ask(chat("hi"))), ["answer 0", "stale"]);
    for (let i = 0; upstream.asked.length < 2 && i < 500; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assertEquals(upstream.asked.length, 2);
    const renewal = await logLine(gateway, 2);
    assertEquals([renewal.cache, renewal.key, renewal.input_tokens], [
      "renew",
      "ann",
      11,
    ]);
    assertEquals((await told(await ask(chat("hi"))))[0], "answer 1");
  }, { cache: "{enabled: true, ttl: 0.05, stale: 600}" });
});

Deno.test("POST /v1/config/invalidate-cache forgets what was kept, and asks for the key of an admin", async () => {
  await withCache(async ({ url, ask }) => {
    await told(await ask(chat("hi")));
    const path = `${url}/v1/config/invalidate-cache`;
    const refused = await fetch(path, { method: "POST" });
    await refused.body?.cancel();
    assertEquals(refused.status, 401);
    const client = await fetch(path, {
      method: "POST",
      headers: { "x-api-key": KEYS.bob },
    });
    await client.body?.cancel();
    assertEquals(client.status, 403);
    assertEquals((await told(await ask(chat("hi"))))[1], "hit");
    const done = await fetch(path, {
      method: "POST",
      headers: { "x-api-key": KEYS.ann },
    });
    assertEquals(await done.json(), {
      status: "ok",
      cache: "response",
      entries: 1,
    });
    assertEquals(await told(await ask(chat("hi"))), ["answer 1", "miss"]);
  });
});

Deno.test("an answer from the cache takes no tokens of the caller's limit", async () => {
  await withCache(async ({ ask }) => {
    await told(await ask(chat("hi")));
    for (let i = 0; i < 20; i++) {
      assertEquals((await told(await ask(chat("hi"))))[1], "hit");
    }
  }, { config: "rate_limit: {default: 100 tokens/hour}" });
});

Deno.test("Messages' clients are told of the cache in their own dialect", async () => {
  await withCache(async ({ ask }) => {
    const path = "/v1/messages";
    assertEquals(await told(await ask(message("hi"), { path })), [
      "answer 0",
      "miss",
    ]);
    assertEquals(await told(await ask(message("hi"), { path })), [
      "answer 0",
      "hit",
    ]);
    const other = await ask(chat("hi", { max_tokens: 100 }));
    assert((await told(other))[1] === "hit");
  });
});
