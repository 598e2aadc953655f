import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  ApiError,
  type Content,
  FunctionCallingConfigMode,
  type FunctionDeclaration,
  type GenerateContentParameters,
  type GenerateContentResponse,
  GoogleGenAI,
  type Part,
  ThinkingLevel,
  Type,
} from "@google/genai";
import { type Asked, eventStream, json } from "./_answering_upstream.ts";
import {
  ANTHROPIC,
  CHAT,
  COUNTED,
  GEMINI,
  PROOF,
  type Said,
  says,
  type Speaker,
  SPEAKERS,
  talk,
} from "./_speakers.ts";
import {
  logLine,
  type Running,
  withGateway,
  withMock,
} from "./_with_gateway.ts";

type Ask = GenerateContentParameters;

const KEY = "key-of-the-caller-0000";
const QUESTION = "How warm is it in Rome?";
const WEATHER: FunctionDeclaration = {
  name: "weather",
  description: "Tells the weather",
  parameters: {
    type: Type.OBJECT,
    properties: { city: { type: Type.STRING, nullable: true } },
    required: ["city"],
  },
};
const NOW: FunctionDeclaration = { name: "now" };
const CALLS = [
  { id: "call_1", name: "weather", input: { city: "Rome" } },
  { id: "call_2", name: "now", input: {} },
];
const THOUGHT = "Rome is south, so I ask";

function sdk(
  url: string,
  { answers, apiVersion = "v1beta" }: {
    /** Takes what came, to be closed. */
    readonly answers?: Response[];
    readonly apiVersion?: string;
  } = {},
): GoogleGenAI {
  return new GoogleGenAI({
    apiKey: KEY,
    httpOptions: {
      baseUrl: url,
      apiVersion,
      ...(answers && {
        fetch: async (...ask: Parameters<typeof fetch>) => {
          const answer = await fetch(...ask);
          answers.push(answer);
          return answer;
        },
      }),
    },
  });
}

/** The pieces of one answer: asked for whole, and as a stream. */
async function both(
  url: string,
  ask: Ask,
): Promise<GenerateContentResponse[][]> {
  const { models } = sdk(url);
  return [
    [await models.generateContent(ask)],
    await Array.fromAsync(await models.generateContentStream(ask)),
  ];
}

function partsOf(pieces: readonly GenerateContentResponse[]): Part[] {
  return pieces.flatMap((piece) => piece.candidates?.[0]?.content?.parts ?? []);
}

function textOf(pieces: readonly GenerateContentResponse[]): string {
  return pieces.map(({ text = "" }) => text).join("");
}

/** A gateway before one speaker, while `use` runs. */
function before(
  speaker: Speaker,
  turns: readonly Said[],
  use: (running: Running, ask: Ask) => Promise<void>,
): Promise<void> {
  return withGateway(
    { answer: says(speaker, ...turns), provider: speaker.entry },
    (running) => use(running, { model: speaker.model, contents: QUESTION }),
  );
}

for (const speaker of SPEAKERS) {
  const { name } = speaker;

  Deno.test(`D1, D2, D19: a Gemini client gets ${name}'s text, reason and usage, whole and streamed`, async () => {
    await before(speaker, [{ text: "28 degrees" }], async ({ url }, ask) => {
      for (const pieces of await both(url, ask)) {
        const last = pieces.at(-1)!;
        assertEquals(textOf(pieces), "28 degrees");
        const reasons = pieces.flatMap(({ candidates = [] }) =>
          candidates.flatMap(({ finishReason }) => finishReason ?? [])
        );
        assertEquals(reasons.map(String), ["STOP"]);
        assert(last.responseId && last.modelVersion);
        const { usageMetadata: usage } = last;
        assertEquals(
          [
            usage?.promptTokenCount,
            usage?.cachedContentTokenCount,
            usage?.candidatesTokenCount,
            usage?.totalTokenCount,
          ],
          [
            COUNTED.input,
            COUNTED.cached,
            COUNTED.output,
            COUNTED.input + COUNTED.output,
          ],
        );
      }
    });
  });

  Deno.test(`D1: without alt=sse a Gemini client gets ${name}'s stream as an array`, async () => {
    await before(speaker, [{ text: "28 degrees" }], async ({ url }, ask) => {
      const answer = await fetch(
        `${url}/v1beta/models/${speaker.model}:streamGenerateContent`,
        {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "x-goog-api-key": KEY,
          },
          body: JSON.stringify({
            contents: [{ parts: [{ text: ask.contents }] }],
          }),
        },
      );
      assertEquals(answer.headers.get("content-type"), "application/json");
      const pieces = await answer.json();
      assert(Array.isArray(pieces) && pieces.length > 1);
      const parts = pieces.flatMap(({ candidates: [{ content }] }) =>
        content?.parts ?? []
      );
      assertEquals(parts.map(({ text }) => text).join(""), "28 degrees");
    });
  });

  Deno.test(`O1, D15: a Gemini client is told of ${name}'s limits and refusals`, async () => {
    const reasons = { length: "MAX_TOKENS", filter: "SAFETY" };
    for (const end of ["length", "filter"] as const) {
      await before(speaker, [{ text: "Half", end }], async ({ url }, ask) => {
        for (const pieces of await both(url, ask)) {
          const reason = pieces.at(-1)?.candidates?.[0]?.finishReason;
          assertEquals<unknown>(reason, reasons[end]);
        }
      });
    }
  });

  for (const stream of [false, true]) {
    const how = stream ? "streamed" : "whole";
    Deno.test(`C12, D4–D9: a Gemini client goes a tool loop with thought at ${name}, ${how}`, async () => {
      const turns = [{ thought: THOUGHT, text: "I look.", calls: CALLS }, {
        text: "28 at noon",
      }];
      await before(speaker, turns, async ({ url, upstream }, { model }) => {
        const chat = sdk(url).chats.create({
          model,
          config: {
            systemInstruction: "Be brief.",
            maxOutputTokens: 4000,
            tools: [{ functionDeclarations: [WEATHER, NOW] }],
            thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 },
          },
        });
        const say = async (
          message: string | Part[],
        ): Promise<GenerateContentResponse[]> =>
          stream
            ? await Array.fromAsync(await chat.sendMessageStream({ message }))
            : [await chat.sendMessage({ message })];
        const first = await say(QUESTION);
        const thoughts = partsOf(first).filter(({ thought }) => thought);
        assertEquals(
          thoughts.map(({ text = "" }) => text).join(""),
          THOUGHT,
        );
        const calls = first.flatMap(({ functionCalls = [] }) => functionCalls);
        assertEquals(
          calls.map(({ id, name, args }) => [id, name, args]),
          CALLS.map(({ id, name, input }) => [id, name, input]),
        );
        const second = await say([
          ...calls.map(({ id, name }, index): Part => ({
            functionResponse: {
              ...(id && { id }),
              ...(name && { name }),
              response: { output: ["28", "noon"][index] },
            },
          })),
          { text: "In short." },
        ]);
        assertEquals(textOf(second), "28 at noon");
        checkLoop(speaker, upstream.asked);
      });
    });
  }

  Deno.test(`A28, D21: a Gemini client asks ${name} for an object of a schema`, async () => {
    const text = '{"name":"Rome","people":2800000}';
    await before(speaker, [{ text }], async ({ url, upstream }, ask) => {
      const schema = {
        type: Type.OBJECT,
        properties: {
          name: { type: Type.STRING },
          people: { type: Type.INTEGER },
        },
        required: ["name", "people"],
      };
      for (
        const config of [
          { responseMimeType: "application/json", responseSchema: schema },
          {
            responseMimeType: "application/json",
            responseJsonSchema: { ...schema, type: "object" },
          },
        ]
      ) {
        for (const pieces of await both(url, { ...ask, config })) {
          assertEquals(JSON.parse(textOf(pieces)).people, 2_800_000);
        }
      }
      for (const { text } of upstream.asked) assert(text.includes('"people"'));
    });
  });

  Deno.test(`K1, K5, D27: errors of ${name} are Google's for a Gemini client`, async () => {
    const cases = [
      [400, 400, "INVALID_ARGUMENT"],
      [401, 401, "UNAUTHENTICATED"],
      [404, 404, "NOT_FOUND"],
      [429, 429, "RESOURCE_EXHAUSTED"],
      [500, 502, "INTERNAL"],
      [503, 503, "UNAVAILABLE"],
    ] as const;
    const answer = (_: Asked, number: number): Response => {
      const [status] = cases[number >> 1] ?? [500];
      return json(speaker.error(status, "Not now"), {
        status,
        headers: { "retry-after": "3" },
      });
    };
    const provider = speaker.entry;
    await withGateway({ answer, provider }, async ({ url }) => {
      for (const [index, [, status, word]] of cases.entries()) {
        for (
          const method of ["generateContent", "generateContentStream"] as const
        ) {
          const error = await assertRejects(
            () =>
              sdk(url).models[method]({
                // What cools is one model.
                model: `${speaker.model}-${index}${method}`,
                contents: QUESTION,
              }),
            ApiError,
          );
          assertEquals(error.status, status);
          const { error: told } = JSON.parse(error.message);
          assertEquals([told.code, told.status], [status, word]);
          const types = told.details.map((it: Record<string, string>) =>
            it["@type"]?.split(".").at(-1)
          );
          assert(types.includes("ErrorInfo") && types.includes("RequestInfo"));
          const retry = told.details.find((it: object) => "retryDelay" in it);
          assertEquals(retry?.retryDelay, "3s");
        }
      }
    });
  });

  Deno.test(`L4: a stream of ${name} that fails half-way is an error for a Gemini client`, async () => {
    const half = speaker.start + speaker.more("Half ") + speaker.more("way");
    for (const text of [half + speaker.broken, half]) {
      const answer = () => eventStream(text);
      const provider = speaker.entry;
      await withGateway({ answer, provider }, async (gateway) => {
        const ask = { model: speaker.model, contents: QUESTION };
        // The SDK lets go of the body of a stream that has failed, open.
        const answers: Response[] = [];
        const { models } = sdk(gateway.url, { answers });
        let said = "";
        const error = await assertRejects(async () => {
          for await (const piece of await models.generateContentStream(ask)) {
            said += piece.text ?? "";
            assert(!piece.candidates?.[0]?.finishReason);
          }
        }, ApiError);
        for (const { body } of answers) await body?.cancel();
        assertEquals(said, "Half way");
        assert(error.status >= 500);
        const { error: code } = await logLine(gateway);
        if (text === half) assertEquals(code, "upstream_stream_truncated");
      });
      // The array ends as one, with the error in it.
      await withGateway({ answer, provider }, async ({ url }) => {
        const array = await fetch(
          `${url}/v1beta/models/${speaker.model}:streamGenerateContent`,
          {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: `{"contents":[{"parts":[{"text":"x"}]}]}`,
          },
        );
        const text = await array.text().catch(() => "");
        if (text !== "") {
          const last = JSON.parse(text).at(-1);
          assert(last.error.code >= 500);
        }
      });
    }
  });

  Deno.test(`L1: ${name} is left when a Gemini client leaves`, async () => {
    const gone = Promise.withResolvers<void>();
    const answer = () => eventStream(talk(speaker, gone.resolve));
    const provider = speaker.entry;
    await withGateway({ answer, provider }, async (gateway) => {
      const leaving = new AbortController();
      const stream = await sdk(gateway.url).models.generateContentStream({
        model: speaker.model,
        contents: QUESTION,
        config: { abortSignal: leaving.signal },
      });
      await assertRejects(async () => {
        for await (const piece of stream) {
          assertMatch(piece.text ?? "", /^\.+$/);
          leaving.abort();
        }
      });
      await gone.promise;
      assertEquals((await logLine(gateway)).error, "client_closed");
    });
  });
}

/** What the provider was asked in the second turn of a tool loop. */
function checkLoop({ name }: Speaker, asked: readonly Asked[]): void {
  const [one, two] = asked.map(({ body }) => body);
  if (name === CHAT.name) {
    assertEquals(one.tools[0].function.parameters, {
      type: "object",
      properties: { city: { type: ["string", "null"] } },
      required: ["city"],
    });
    const [system, , turn, ...rest] = two.messages;
    assertEquals(system.content, "Be brief.");
    assertEquals(turn.content, "I look.");
    assertEquals(
      turn.tool_calls.map((call: { id: string; function: object }) => [
        call.id,
        call.function,
      ]),
      [
        ["call_1", { name: "weather", arguments: '{"city":"Rome"}' }],
        ["call_2", { name: "now", arguments: "{}" }],
      ],
    );
    assertEquals(rest, [
      { role: "tool", tool_call_id: "call_1", content: "28" },
      { role: "tool", tool_call_id: "call_2", content: "noon" },
      { role: "user", content: "In short." },
    ]);
  } else if (name === ANTHROPIC.name) {
    assertEquals(one.thinking, { type: "enabled", budget_tokens: 2000 });
    assertEquals(two.system, [{ type: "text", text: "Be brief." }]);
    assertEquals(two.messages[1].content, [
      { type: "thinking", thinking: THOUGHT, signature: PROOF },
      { type: "text", text: "I look." },
      ...CALLS.map((call) => ({ type: "tool_use", ...call })),
    ]);
    assertEquals(
      two.messages[2].content.map((block: { type: string }) => block.type),
      ["tool_result", "tool_result", "text"],
    );
  } else {
    // What passes is as the client wrote it.
    assertEquals(two.generationConfig.thinkingConfig, {
      includeThoughts: true,
      thinkingBudget: 2000,
    });
    const parts = two.contents.flatMap(({ parts }: Content) => parts ?? []);
    const calls = parts.filter((part: Part) => part.functionCall);
    assertEquals(
      calls.map((part: Part) => part.thoughtSignature),
      [PROOF, undefined],
    );
  }
}

Deno.test("D1: a Gemini client asks the mock, whole and streamed", async () => {
  await withMock(async ({ url }) => {
    const ask = { model: "mock/echo", contents: "ping one two" };
    for (const pieces of await both(url, ask)) {
      assertEquals(textOf(pieces), "ping one two");
      assertEquals(pieces.at(-1)?.modelVersion, "echo");
    }
  });
});

Deno.test("C37: a Gemini client has tokens counted by whoever can, else estimated", async () => {
  const ask = (model: string) => ({ model, contents: QUESTION });
  const counts = {
    [GEMINI.name]: { totalTokens: 7 },
    [ANTHROPIC.name]: { input_tokens: 7 },
  };
  for (const speaker of [GEMINI, ANTHROPIC]) {
    const answer = () => json(counts[speaker.name]);
    const provider = speaker.entry;
    await withGateway({ answer, provider }, async ({ url, upstream }) => {
      const { totalTokens } = await sdk(url).models
        .countTokens(ask(speaker.model));
      assertEquals(totalTokens, 7);
      assertMatch(upstream.asked[0]!.path, /:countTokens$|\/count_tokens$/);
      assert(upstream.asked[0]!.text.includes(QUESTION));
    });
  }
  await withMock(async (gateway) => {
    const { totalTokens = 0 } = await sdk(gateway.url).models
      .countTokens(ask("mock/echo"));
    assert(totalTokens > 4 && totalTokens < 20);
    const whole = await fetch(
      `${gateway.url}/v1beta/models/mock/echo:countTokens`,
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          generateContentRequest: {
            model: "models/mock/echo",
            contents: [{ parts: [{ text: QUESTION.repeat(10) }] }],
          },
        }),
      },
    );
    assert((await whole.json()).totalTokens > 30);
    assertMatch(String((await logLine(gateway)).loss), /input_tokens/);
  });
});

Deno.test("a Gemini client gets embeddings of any provider that has them", async () => {
  const chat = (asked: Asked): Response =>
    json({
      object: "list",
      data: asked.body.input.map((_: string, index: number) => ({
        object: "embedding",
        index,
        embedding: [index, 0.5],
      })).toReversed(),
      model: "e",
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
  const ask = {
    contents: ["one", "two"],
    config: { outputDimensionality: 2, taskType: "RETRIEVAL_QUERY" },
  };
  const options = { answer: chat, provider: CHAT.entry };
  await withGateway(options, async ({ url, upstream, log }) => {
    const { models } = sdk(url);
    const { embeddings } = await models.embedContent({ model: "up/e", ...ask });
    assertEquals(embeddings?.map(({ values }) => values), [[0, 0.5], [1, 0.5]]);
    assertEquals(upstream.asked[0]?.body, {
      model: "e",
      input: ["one", "two"],
      dimensions: 2,
    });
    await logLine({ log });
    assertMatch(String(log[0]?.loss), /dropped: requests\[0\]\.taskType/);
    const one = await fetch(`${url}/v1beta/models/up%2Fe:embedContent`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"content":{"parts":[{"text":"one"}]}}`,
    });
    const { embedding } = await one.json();
    assertEquals(embedding.values, [0, 0.5]);
  });
  const gemini = () => json({ embeddings: [{ values: [1] }, { values: [2] }] });
  const other = { answer: gemini, provider: GEMINI.entry };
  await withGateway(other, async ({ url, upstream }) => {
    const { embeddings } = await sdk(url).models
      .embedContent({ model: "gem/e", ...ask });
    assertEquals(embeddings?.map(({ values }) => values), [[1], [2]]);
    const { path, body } = upstream.asked[0]!;
    assertEquals(path, "/v1/models/e:batchEmbedContents");
    assertEquals(body.requests[1], {
      content: { parts: [{ text: "two" }], role: "user" },
      taskType: "RETRIEVAL_QUERY",
      outputDimensionality: 2,
      model: "models/e",
    });
  });
  await withGateway(
    { ...other, provider: ANTHROPIC.entry },
    async ({ url }) => {
      const error = await assertRejects(
        () => sdk(url).models.embedContent({ model: "claude/e", ...ask }),
        ApiError,
      );
      assertEquals(error.status, 400);
    },
  );
});

Deno.test("D28: a Gemini client lists models, page by page, and asks for one", async () => {
  const provider =
    "name: up, type: openai_compatible, models: [a, b/c, d, 'e:free']";
  const answer = () => json({});
  await withGateway({ answer, provider }, async ({ url }) => {
    // Newer clients ask where OpenAI's list is.
    for (const apiVersion of ["v1beta", "v1"]) {
      const { models } = sdk(url, { apiVersion });
      const names: string[] = [];
      const pager = await models.list({ config: { pageSize: 2 } });
      for await (const { name = "" } of pager) names.push(name);
      assertEquals(names, [
        "models/up/a",
        "models/up/b/c",
        "models/up/d",
        "models/up/e:free",
      ]);
      for (const model of ["up/b/c", "models/up/b/c", "up/e:free", "b/c"]) {
        const { name, supportedActions } = await models.get({ model });
        assertMatch(name ?? "", /^models\/up\/(b\/c|e:free)$/);
        assert(supportedActions?.includes("generateContent"));
      }
      const error = await assertRejects(
        () => models.get({ model: "up/none" }),
        ApiError,
      );
      assertEquals(error.status, 404);
      assertEquals(JSON.parse(error.message).error.status, "NOT_FOUND");
    }
    const list = await fetch(`${url}/v1/models`);
    assertEquals((await list.json()).object, "list");
  });
});

Deno.test("D24, K3: a Gemini client is let in by its header or its query, and the key goes nowhere", async () => {
  const config = `auth: {api_keys: [{name: t, key: ${KEY}}]}\n`;
  const answer = says(GEMINI, { text: "Yes" });
  const options = { answer, provider: GEMINI.entry, config };
  await withGateway(options, async (gateway) => {
    const { url, upstream } = gateway;
    const ask = { model: GEMINI.model, contents: QUESTION };
    const { models } = sdk(url, { apiVersion: "v1" });
    assertEquals((await models.generateContent(ask)).text, "Yes");
    const headers = { "content-type": "application/json" };
    const body = `{"contents":[{"parts":[{"text":"x"}]}]}`;
    const post = (path: string): Promise<Response> =>
      fetch(url + path, { method: "POST", headers, body });
    for (const version of ["v1beta", "v1"]) {
      const path = `/${version}/models/${GEMINI.model}:generateContent`;
      const answer = await post(`${path}?key=${KEY}`);
      assertEquals(answer.status, 200);
      const { candidates: [{ content }] } = await answer.json();
      assertEquals(content.parts.map(({ text }: Part) => text).join(""), "Yes");
    }
    const list = await fetch(`${url}/v1beta/models?key=${KEY}`);
    assertEquals(list.status, 200);
    await list.body?.cancel();
    // It is asked for its models as well.
    assertEquals(upstream.asked.length, 4);
    for (const { path, headers, text } of upstream.asked) {
      assert(!JSON.stringify([path, headers, text]).includes(KEY));
      assertEquals(headers["x-goog-api-key"], "key-of-the-gateway-0000");
    }
    const bad = `${KEY}x`;
    const refused = await post(
      `/v1beta/models/${GEMINI.model}:generateContent?key=${bad}`,
    );
    assertEquals(refused.status, 401);
    const told = await refused.text();
    assertEquals(JSON.parse(told).error.status, "UNAUTHENTICATED");
    // OpenAI's clients send none there.
    const chat = await post(`/v1/chat/completions?key=${KEY}`);
    assertEquals(chat.status, 401);
    await chat.body?.cancel();
    const odd = await post(`/v1beta/models/x:makeCoffee?key=${KEY}`);
    assertEquals(odd.status, 404);
    const { error } = await odd.json();
    assertEquals(error.status, "NOT_FOUND");
    assert(![told, JSON.stringify(error)].some((text) => text.includes(KEY)));
    await logLine(gateway, 6);
    assert(!gateway.lines.some((line) => line.includes(KEY)));
  });
});

Deno.test("K1, K17: a Gemini client is told which field is wrong", async () => {
  await withMock(async ({ url }) => {
    const wrong: [Record<string, unknown>, string][] = [
      [{ contents: [] }, "contents"],
      [{ contents: [5] }, "contents[0]"],
      [{ contents: [{ parts: [] }] }, "contents[0].parts"],
      [
        { contents: [{ role: "system", parts: [{ text: "x" }] }] },
        "contents[0].role",
      ],
      [{ contents: [{ parts: [{ text: 5 }] }] }, "contents[0].parts[0].text"],
      [
        { generationConfig: { temperature: 3 } },
        "generationConfig.temperature",
      ],
      [{ generation_config: { top_p: 3 } }, "generationConfig.topP"],
      [{ tools: [{ googleSearch: {} }] }, "tools[0].googleSearch"],
      [
        { tools: [{ functionDeclarations: [{}] }] },
        "tools[0].functionDeclarations[0].name",
      ],
      [{ cachedContent: "cachedContents/x" }, "cachedContent"],
    ];
    for (const [change, param] of wrong) {
      const answer = await fetch(
        `${url}/v1beta/models/mock/echo:generateContent`,
        {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            contents: [{ parts: [{ text: "x" }] }],
            ...change,
          }),
        },
      );
      const { error } = await answer.json();
      assertEquals([answer.status, error.status], [400, "INVALID_ARGUMENT"]);
      const violation = error.details.find((it: object) =>
        "fieldViolations" in it
      );
      assertEquals(violation?.fieldViolations[0].field, param);
      assert(error.message.includes(param), error.message);
    }
  });
});

Deno.test("D3, D5, D22: curl's spelling of a Gemini request reaches another provider whole", async () => {
  const answer = says(CHAT, { text: "Yes" });
  await withGateway(
    { answer, provider: CHAT.entry },
    async ({ url, upstream }) => {
      const answer = await fetch(
        `${url}/v1beta/models/up%2Fm-1:generateContent`,
        {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            system_instruction: { parts: { text: "Be brief." } },
            contents: {
              role: "user",
              parts: [
                { text: "What is this?" },
                { inline_data: { mime_type: "image/png", data: "AA-_" } },
              ],
            },
            tools: { function_declarations: [WEATHER, NOW] },
            tool_config: {
              function_calling_config: {
                mode: "ANY",
                allowed_function_names: ["weather"],
              },
            },
            generation_config: { max_output_tokens: 9, stop_sequences: ["."] },
            safety_settings: [],
            safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT" }],
          }),
        },
      );
      assertEquals(answer.status, 200);
      assertMatch(
        answer.headers.get("x-llm-proxy-loss") ?? "",
        /^dropped: safetySettings/,
      );
      await answer.body?.cancel();
      const { body } = upstream.asked[0]!;
      assertEquals(body.messages, [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            {
              type: "image_url",
              image_url: { url: "data:image/png;base64,AA+/" },
            },
          ],
        },
      ]);
      assertEquals(body.tool_choice, {
        type: "function",
        function: { name: "weather" },
      });
      assertEquals(body.stop, ["."]);
    },
  );
});

Deno.test("D9: thought that a Gemini client brings from one provider does not reach another", async () => {
  const tools = [{ functionDeclarations: [WEATHER] }];
  let history: Content[] = [];
  const said = { thought: THOUGHT, calls: CALLS.slice(0, 1) };
  await before(ANTHROPIC, [said], async ({ url }, ask) => {
    const config = {
      tools,
      toolConfig: {
        functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO },
      },
      thinkingConfig: { thinkingLevel: ThinkingLevel.LOW },
    };
    const first = await sdk(url).models.generateContent({ ...ask, config });
    history = [first.candidates![0]!.content!];
    assert(JSON.stringify(history).includes('"thought":true'));
  });
  for (const speaker of [CHAT, GEMINI]) {
    await before(speaker, [{ text: "28" }], async ({ url, upstream }, ask) => {
      const answer = await sdk(url).models.generateContent({
        model: `${ask.model.split("/")[0]}/gemini-3-pro`,
        contents: [
          { role: "user", parts: [{ text: QUESTION }] },
          ...history,
          {
            role: "user",
            parts: [{
              functionResponse: { name: "weather", response: { result: "28" } },
            }],
          },
        ],
        config: { tools },
      });
      assertEquals(answer.text, "28");
      const { text, body } = upstream.asked[0]!;
      assert(!text.includes(PROOF) && !text.includes(btoa("llm-prx1:")));
      if (speaker === GEMINI) {
        // Gemini 3 refuses a first call without a signature.
        assertEquals(
          body.contents[1].parts[0].thoughtSignature,
          "skip_thought_signature_validator",
        );
      }
    });
  }
});
