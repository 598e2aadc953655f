/**
 * OpenAI's two APIs behind clients of every dialect: by which of them a model
 * is asked, and that nothing is lost on the way.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Asked, eventStream, json } from "./_answering_upstream.ts";
import { LOOP_CLIENTS } from "./_loop_clients.ts";
import type { Loop } from "./_messages_loop.ts";
import { loadRecordings, type Recording } from "./_recordings.ts";
import { RESPONSES } from "./_responses_speaker.ts";
import { CHAT, says } from "./_speakers.ts";
import { withGateway } from "./_with_gateway.ts";

const OPENAI = "name: p, type: openai, api_key: sk-Vb6Nm5Zx";
const SCHEMA = { type: "object", properties: { city: { type: "string" } } };
const TOOL = {
  type: "function",
  function: { name: "weather", parameters: SCHEMA },
};
const MESSAGES = [{ role: "user", content: "Hi" }];

/** Says hello by whichever API it is asked. */
function answer(asked: Asked, number: number): Response {
  const speaker = asked.path.includes("/responses") ? RESPONSES : CHAT;
  return says(speaker, { text: "Hello" })(asked, number);
}

/** Requests of every dialect's clients, with a tool where one is wanted. */
const ASKS: Readonly<
  Record<string, (model: string, hasTool: boolean) => [string, object]>
> = {
  chat: (model, hasTool) => ["/v1/chat/completions", {
    model,
    messages: MESSAGES,
    ...(hasTool && { tools: [TOOL] }),
  }],
  messages: (model, hasTool) => ["/v1/messages", {
    model,
    messages: MESSAGES,
    max_tokens: 16,
    ...(hasTool && { tools: [{ name: "weather", input_schema: SCHEMA }] }),
  }],
  gemini: (model, hasTool) => [`/v1beta/models/${model}:generateContent`, {
    contents: [{ role: "user", parts: [{ text: "Hi" }] }],
    ...(hasTool && {
      tools: [{ functionDeclarations: [{ name: "weather" }] }],
    }),
  }],
  responses: (model, hasTool) => ["/v1/responses", {
    model,
    input: "Hi",
    ...(hasTool && { tools: [{ type: "function", ...TOOL.function }] }),
  }],
  completions: (model) => ["/v1/completions", { model, prompt: "Hi" }],
};

async function ask(url: string, [path, body]: [string, object]) {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  assertEquals(response.status, 200, text);
  assertMatch(text, /Hello/);
  return response;
}

for (const [client, request] of Object.entries(ASKS)) {
  Deno.test(`B20: ${client} clients reach models that answer by Responses alone`, async () => {
    await withGateway({ answer, provider: OPENAI }, async (running) => {
      const models = [
        "o3-pro",
        "gpt-5-pro-2025-10-06",
        "gpt-5.1-codex-max",
        "codex-mini-latest",
        "o4-mini-deep-research",
        "computer-use-preview",
      ];
      for (const model of models) {
        await ask(running.url, request(`p/${model}`, false));
        const { path, body } = running.upstream.asked.at(-1)!;
        assertEquals([path, body.model], ["/v1/responses", model]);
      }
    });
  });

  Deno.test(`B20: ${client} clients go by the API that the config names`, async () => {
    const provider =
      `${OPENAI}, wire_api: chat, models: [gpt-4.1, {name: gpt-5, wire_api: responses}]`;
    await withGateway({ answer, provider }, async ({ url, upstream }) => {
      await ask(url, request("p/gpt-5", false));
      assertEquals(upstream.asked.at(-1)?.path, "/v1/responses");
      // The legacy API is a third one.
      if (client === "completions") return;
      await ask(url, request("p/gpt-4.1", false));
      assertEquals(upstream.asked.at(-1)?.path, "/v1/chat/completions");
    });
  });
}

for (const client of ["chat", "messages", "gemini"]) {
  Deno.test(`A35, B20: ${client} clients' tools go by Responses where Chat Completions refuses who thinks`, async () => {
    const cases: [model: string, hasTool: boolean, path: string][] = [
      ["gpt-5.6-terra", true, "/v1/responses"],
      ["gpt-6", true, "/v1/responses"],
      ["gpt-5.6-terra", false, "/v1/chat/completions"],
      ["gpt-5.4", true, "/v1/chat/completions"],
      ["gpt-5.1", true, "/v1/chat/completions"],
      ["gpt-5.6-chat-latest", true, "/v1/chat/completions"],
      ["gpt-4.1", true, "/v1/chat/completions"],
    ];
    await withGateway({ answer, provider: OPENAI }, async (running) => {
      for (const [model, hasTool, path] of cases) {
        await ask(running.url, ASKS[client]!(`p/${model}`, hasTool));
        assertEquals(running.upstream.asked.at(-1)?.path, path, model);
      }
    });
  });
}

Deno.test("A35, B20: what answers by Responses alone gets the effort that it knows", async () => {
  await withGateway({ answer, provider: OPENAI }, async (running) => {
    const [path, body] = ASKS.messages!("p/gpt-5-pro", false);
    const thinking = { type: "enabled", budget_tokens: 1_024 };
    const response = await ask(running.url, [path, { ...body, thinking }]);
    const { reasoning } = running.upstream.asked.at(-1)!.body;
    assertEquals(reasoning, { effort: "high", summary: "auto" });
    assertMatch(
      response.headers.get("x-llm-proxy-loss") ?? "",
      /approximated: reasoning_effort \(high\)/,
    );
  });
});

Deno.test("A35, B20: an effort decides by which API tools go", async () => {
  await withGateway({ answer, provider: OPENAI }, async ({ url, upstream }) => {
    const [path, body] = ASKS.chat!("p/gpt-5.4", true);
    for (
      const [more, by] of [
        [{ reasoning_effort: "low" }, "responses"],
        [{ reasoning: { effort: "high" } }, "responses"],
        [{ reasoning_effort: "none" }, "chat/completions"],
      ] as const
    ) {
      await ask(url, [path, { ...body, ...more }]);
      assertEquals(upstream.asked.at(-1)?.path, `/v1/${by}`);
    }
    const [messages, asked] = ASKS.messages!("p/gpt-5.4", true);
    await ask(url, [messages, {
      ...asked,
      max_tokens: 4_096,
      thinking: { type: "enabled", budget_tokens: 2_048 },
    }]);
    assertEquals(upstream.asked.at(-1)?.path, "/v1/responses");
  });
});

Deno.test("A25, A27: a chat request by Responses keeps what has a place there and tells the rest", async () => {
  await withGateway({ answer, provider: OPENAI }, async ({ url, upstream }) => {
    const response = await ask(url, ["/v1/chat/completions", {
      model: "p/gpt-5-pro",
      messages: MESSAGES,
      max_completion_tokens: 900,
      reasoning_effort: "high",
      verbosity: "low",
      metadata: { job: "7" },
      service_tier: "flex",
      prompt_cache_key: "k",
      prompt_cache_retention: "24h",
      safety_identifier: "user-7",
      stop: ["END"],
      seed: 7,
      logit_bias: { "50256": -100 },
    }]);
    const { body } = upstream.asked[0]!;
    assertEquals(body, {
      model: "gpt-5-pro",
      input: [{ role: "user", content: "Hi" }],
      text: { verbosity: "low" },
      max_output_tokens: 900,
      reasoning: { effort: "high", summary: "auto" },
      include: ["reasoning.encrypted_content"],
      store: false,
      safety_identifier: "user-7",
      metadata: { job: "7" },
      service_tier: "flex",
      prompt_cache_key: "k",
      prompt_cache_retention: "24h",
    });
    const loss = response.headers.get("x-llm-proxy-loss") ?? "";
    for (const field of ["stop", "seed", "logit_bias"]) {
      assert(loss.includes(field), loss);
    }
    for (const field of ["metadata", "verbosity", "service_tier"]) {
      assert(!loss.includes(field), loss);
    }
  });
});

Deno.test("A25: custom tools of a chat client have no other way than Chat Completions", async () => {
  await withGateway({ answer, provider: OPENAI }, async ({ url, upstream }) => {
    const custom = { type: "custom", custom: { name: "sh" } };
    await ask(url, ["/v1/chat/completions", {
      model: "p/gpt-5.6-terra",
      messages: MESSAGES,
      tools: [TOOL, custom],
    }]);
    const { path, body } = upstream.asked[0]!;
    assertEquals(path, "/v1/chat/completions");
    assertEquals(body.tools, [TOOL, custom]);
  });
});

Deno.test("B27, O8: a limit below the lowest of Responses is that, and told, but to its own clients", async () => {
  await withGateway({ answer, provider: OPENAI }, async ({ url, upstream }) => {
    const limit = { model: "p/o3-pro", max_completion_tokens: 1 };
    const response = await ask(url, ["/v1/chat/completions", {
      ...limit,
      messages: MESSAGES,
    }]);
    assertEquals(upstream.asked[0]?.body.max_output_tokens, 16);
    assertMatch(
      response.headers.get("x-llm-proxy-loss") ?? "",
      /changed: max_tokens \(16 is the lowest\)/,
    );
    await ask(url, ["/v1/responses", {
      model: "p/o3-pro",
      input: "Hi",
      max_output_tokens: 1,
    }]);
    assertEquals(upstream.asked[1]?.body.max_output_tokens, 1);
  });
});

Deno.test("F1: Azure's dated API is asked by Responses from the version on that has it", async () => {
  for (
    const [version, path] of [
      [
        "2025-04-01-preview",
        "/openai/responses?api-version=2025-04-01-preview",
      ],
      [
        "2024-10-21",
        "/openai/deployments/gpt-5-codex/chat/completions?api-version=2024-10-21",
      ],
    ]
  ) {
    const provider =
      `name: p, type: azure_openai, api_key: key-of-the-gateway-0000, api_version: ${version}`;
    await withGateway({
      answer,
      provider,
      base: "/openai",
    }, async ({ url, upstream }) => {
      for (const client of ["chat", "responses"]) {
        await ask(url, ASKS[client]!("p/gpt-5-codex", false));
        assertEquals(upstream.asked.at(-1)?.path, path);
      }
    });
  }
});

const recordings = await loadRecordings((url) =>
  url === "https://api.openai.com/v1/responses"
);

/** The turns of one recorded loop. */
function turnsOf(name: string): Recording[] {
  return recordings.filter((it) =>
    it.name.startsWith(`TestOpenAIResponsesCommon/openai-gpt-5/${name}.yaml#`)
  );
}

for (const [name, run] of Object.entries(LOOP_CLIENTS)) {
  Deno.test({
    name:
      `B14, B18, B24: ${name}'s SDK goes a recorded tool loop by OpenAI's Responses, whole and streamed`,
    ignore: recordings.length === 0,
    async fn() {
      for (const stream of [false, true]) {
        const turns = turnsOf(stream ? "multi_tool_streaming" : "multi_tool");
        assertEquals(turns.length, 2);
        await withGateway({
          answer: (_, number) =>
            stream
              ? eventStream(turns[number]?.body ?? "")
              : json(JSON.parse(turns[number]?.body ?? "{}")),
          provider: `${OPENAI}, wire_api: responses`,
        }, async ({ url, upstream }) => {
          const called: string[] = [];
          const said = await run(loop(url, stream, called));
          assertEquals(called.sort(), ["add 2 3", "multiply 2 3"]);
          assertMatch(said ?? "", /5[^]*6/);
          const { path, body } = upstream.asked[1]!;
          assertEquals(path, "/v1/responses");
          checkSecond(body.input, turns[1]?.request.input);
        });
      }
    },
  });
}

function loop(url: string, stream: boolean, called: string[]): Loop {
  const number = { type: "integer" };
  const tools = (["add", "multiply"] as const).map((name) => ({
    name,
    parameters: {
      type: "object" as const,
      properties: { a: number, b: number },
      required: ["a", "b"],
    },
    run({ a, b }: Readonly<Record<string, unknown>>): string {
      called.push(`${name} ${a} ${b}`);
      const [x, y] = [Number(a), Number(b)];
      return String(name === "add" ? x + y : x * y);
    },
  }));
  const question = "Add and multiply the number 2 and 3";
  return { url, model: "p/gpt-5", stream, question, tools };
}

/** Calls and results are those of the recorded second turn, by its own ids. */
function checkSecond(actual: unknown, recorded: unknown): void {
  const joined = (input: unknown): string[] => {
    const items = input as readonly Record<string, string>[];
    return items.flatMap((item) =>
      item.type === "function_call" || item.type === "function_call_output"
        ? [[item.type, item.call_id, item.name ?? item.output].join()]
        : []
    ).sort();
  };
  assertEquals(joined(actual), joined(recorded));
}
