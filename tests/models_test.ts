import { assertEquals } from "@std/assert";
import { MemoryStateStore } from "@llm-proxy/context";
import { json, startAnsweringUpstream } from "./_answering_upstream.ts";
import { completion } from "./_chat_answers.ts";
import { startGateway } from "./_gateway.ts";

const ADMIN = "oP5lMn8JhGt2RfVc";
const CLIENT = "qW7rTz2Lm9XcVb4N";

/** What the upstream was asked. */
interface Lists {
  /** How often for its models. */
  count: number;
  /** Bodies of requests, in order. */
  readonly asked: Record<string, unknown>[];
}

/** A gateway before one provider that lists its models and one whose models the config lists. */
async function withModels(
  use: (
    ask: (
      path: string,
      init?: RequestInit & { readonly key?: string },
    ) => Promise<Response>,
    lists: Lists,
  ) => Promise<void>,
  state: MemoryStateStore = new MemoryStateStore(),
): Promise<void> {
  const lists: Lists = { count: 0, asked: [] };
  const upstream = startAnsweringUpstream(({ method, body }) => {
    if (method === "POST") {
      lists.asked.push(body);
      return completion({ content: "hi" });
    }
    lists.count++;
    return json({
      data: [
        { id: "big", context_length: 400_000 },
        { id: "see", architecture: { input_modalities: ["text", "image"] } },
      ],
    });
  });
  const gateway = await startGateway(
    `
auth:
  api_keys:
    - {name: boss, key: ${ADMIN}, role: admin}
    - {name: ci, key: ${CLIENT}}
providers:
  - {name: asked, type: openai_compatible, base_url: "${upstream.origin}/v1"}
  - name: told
    type: openai_compatible
    base_url: "${upstream.origin}/v1"
    models:
      - name: cheap
        prices: {input: 0.1, output: 0.4}
        capabilities: {vision: true, tools: false}
        context_window: 8000
      - name: dear
        prices: {input: 5, output: 25}
        capabilities: {vision: true}
`,
    undefined,
    undefined,
    { state },
  );
  try {
    await use(
      (path, { key = ADMIN, ...init } = {}) =>
        fetch(gateway.url + path, {
          ...init,
          headers: {
            "x-api-key": key,
            "content-type": "application/json",
            ...init.headers,
          },
        }),
      lists,
    );
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

async function ids(response: Response): Promise<string[]> {
  const { data } = await response.json();
  // deno-lint-ignore no-explicit-any -- the wire's JSON
  return data.map(({ id }: any) => id);
}

Deno.test("GET /v1/models/search finds models by what they can do, cost and hold, the cheapest first", async () => {
  await withModels(async (ask) => {
    const search = async (query: string): Promise<string[]> =>
      await ids(await ask(`/v1/models/search?${query}`));
    assertEquals(await search("supports_vision=true"), [
      "told/cheap",
      "told/dear",
      "asked/see",
    ]);
    assertEquals(await search("supports_vision=true&max_cost=1"), [
      "told/cheap",
    ]);
    assertEquals(await search("max_output_cost=30&min_context=5000"), [
      "told/cheap",
    ]);
    assertEquals(await search("min_context=100000"), ["asked/big"]);
    assertEquals(await search("supports_tools=false"), ["told/cheap"]);
    assertEquals(await search("provider=asked&q=SE"), ["asked/see"]);
    for (const query of ["max_cost=much", "supports_vision=perhaps"]) {
      const response = await ask(`/v1/models/search?${query}`);
      assertEquals(response.status, 400);
      await response.body?.cancel();
    }
    for (
      const [name, hint] of [
        ["max_price", ": use supports_"],
        ["supports_vison", " (did you mean 'supports_vision'?)"],
        ["__proto__", ": use supports_"],
      ] as const
    ) {
      const response = await ask(`/v1/models/search?${name}=1`);
      const { error } = await response.json();
      assertEquals([response.status, error.param], [400, name]);
      const told = error.message.startsWith(
        `There is no parameter '${name}'${hint}`,
      );
      assertEquals(told, true, error.message);
    }
    const [model] = (await (await ask("/v1/models/search?q=big")).json()).data;
    assertEquals([model.context_window, model.sources.context_window], [
      400_000,
      "provider",
    ]);
    assertEquals(model.prices, null);
  });
});

Deno.test("GET /v1/providers/{name}/models tells all that is known of a provider's models, and who says so", async () => {
  await withModels(async (ask) => {
    const response = await ask("/v1/providers/told/models/cheap");
    const model = await response.json();
    assertEquals(model.id, "told/cheap");
    assertEquals(model.capabilities, { tools: false, vision: true });
    assertEquals(model.prices.per_million_tokens.input, 0.1);
    assertEquals(model.prices.source, "config");
    assertEquals(model.sources.context_window, "config");
    assertEquals(await ids(await ask("/v1/providers/asked/models")), [
      "asked/big",
      "asked/see",
    ]);
    for (
      const path of [
        "/v1/providers/none/models",
        "/v1/providers/told/models/none",
        "/v1/providers/__proto__/models/constructor",
      ]
    ) {
      const missing = await ask(path);
      assertEquals(missing.status, 404, path);
      await missing.body?.cancel();
    }
  });
});

Deno.test("POST /v1/models/refresh asks providers again, for admins alone", async () => {
  await withModels(async (ask, lists) => {
    const post = (path: string, key?: string) =>
      ask(path, { method: "POST", ...key !== undefined && { key } });
    const all = await (await post("/v1/models/refresh")).json();
    assertEquals(
      // deno-lint-ignore no-explicit-any -- the wire's JSON
      all.data.map(({ provider, models }: any) => [provider, models]),
      [["asked", 2], ["told", 2]],
    );
    const one = await (await post("/v1/providers/asked/models/refresh")).json();
    assertEquals(one.refreshed, true);
    assertEquals(lists.count >= 2, true);
    for (
      const path of ["/v1/models/refresh", "/v1/providers/asked/models/refresh"]
    ) {
      const refused = await post(path, CLIENT);
      assertEquals(refused.status, 403);
      await refused.body?.cancel();
    }
  });
});

Deno.test("PUT /v1/providers/{name}/model_selection is kept, changed by one at a time, and requests for the provider alone go there", async () => {
  const state = new MemoryStateStore();
  const path = "/v1/providers/told/model_selection";
  await withModels(async (ask) => {
    const put = async (
      body: unknown,
      headers: Record<string, string> = {},
      key = ADMIN,
    ): Promise<Response> => {
      const response = await ask(path, {
        method: "PUT",
        body: JSON.stringify(body),
        headers,
        key,
      });
      await response.body?.cancel();
      return response;
    };
    const missing = await ask(path);
    assertEquals(missing.status, 404);
    await missing.body?.cancel();
    const first = await put({ selected_model: "cheap", temperature: 0.5 }, {
      "if-none-match": "*",
    });
    assertEquals(first.status, 200);
    const etag = first.headers.get("etag") ?? "";
    const again = { "if-none-match": "*" };
    assertEquals((await put({ selected_model: "dear" }, again)).status, 412);
    const other = { "if-match": '"0"' };
    assertEquals((await put({ selected_model: "dear" }, other)).status, 412);
    const [one, two] = await Promise.all([
      put({ selected_model: "dear", editable: false }, { "if-match": etag }),
      put({ selected_model: "cheap", editable: false }, { "if-match": etag }),
    ]);
    assertEquals([one.status, two.status].sort(), [200, 412]);
    assertEquals(
      (await put({ selected_model: "cheap", editable: false })).status,
      409,
    );
    assertEquals((await put({ selected_model: "dear" })).status, 200);
    for (
      const body of [{}, { selected_model: "none" }, {
        selected_model: "dear",
        temperature: 9,
      }, { selected_model: "dear", role: "admin" }]
    ) assertEquals((await put(body)).status, 400, JSON.stringify(body));
    assertEquals(
      (await put({ selected_model: "dear" }, {}, CLIENT)).status,
      403,
    );
  }, state);
  // After a restart.
  await withModels(async (ask) => {
    const read = await (await ask(path)).json();
    assertEquals([read.selected_model, read.editable], ["dear", true]);
    const response = await ask("/v1/chat/completions", {
      method: "POST",
      body: JSON.stringify({
        model: "told",
        messages: [{ role: "user", content: "hi" }],
      }),
    });
    assertEquals(response.headers.get("x-llm-proxy-model"), "dear");
    await response.body?.cancel();
  }, state);
  await state.close();
});

Deno.test("a selection's max_tokens and temperature are those of requests for the provider's name that say nothing of them", async () => {
  await withModels(async (ask, lists) => {
    const put = await ask("/v1/providers/told/model_selection", {
      method: "PUT",
      body: JSON.stringify({
        selected_model: "cheap",
        max_tokens: 77,
        temperature: 0.25,
      }),
    });
    await put.body?.cancel();
    const send = async (
      body: Record<string, unknown>,
      path = "/v1/chat/completions",
    ): Promise<unknown[]> => {
      const response = await ask(path, {
        method: "POST",
        body: JSON.stringify({
          messages: [{ role: "user", content: "hi" }],
          input: "hi",
          ...body,
        }),
      });
      assertEquals(response.status, 200, await response.text());
      const { model, temperature, ...rest } = lists.asked.at(-1) ?? {};
      const limit = rest.max_tokens ?? rest.max_completion_tokens;
      return [model, limit, temperature];
    };
    assertEquals(await send({ model: "told" }), ["cheap", 77, 0.25]);
    assertEquals(await send({ model: "told", max_tokens: 5, temperature: 1 }), [
      "cheap",
      5,
      1,
    ]);
    assertEquals(await send({ model: "told/cheap" }), [
      "cheap",
      undefined,
      undefined,
    ]);
    assertEquals(
      await send({ model: "told", max_tokens: 9 }, "/v1/messages"),
      ["cheap", 9, 0.25],
    );
    assertEquals(
      (await send({ model: "told", messages: undefined }, "/v1/responses"))[2],
      0.25,
    );
    const generate = (
      model: string,
      settings: Record<string, unknown>,
    ): Promise<unknown[]> =>
      send(
        { contents: [{ role: "user", parts: [{ text: "hi" }] }], ...settings },
        `/v1beta/models/${encodeURIComponent(model)}:generateContent`,
      );
    const own = { maxOutputTokens: 5, temperature: 1 };
    for (
      const [settings, limit, temperature] of [
        [{}, 77, 0.25],
        [{ generationConfig: null }, 77, 0.25],
        [{ generationConfig: {} }, 77, 0.25],
        [{ generationConfig: { topP: 0.5 } }, 77, 0.25],
        [{ generationConfig: own }, 5, 1],
        [{ generation_config: { max_output_tokens: 5 } }, 5, 0.25],
      ] as const
    ) {
      const text = JSON.stringify(settings);
      const sent = await generate("told", settings);
      assertEquals(sent, ["cheap", limit, temperature], text);
    }
    assertEquals(await generate("told/cheap", {}), [
      "cheap",
      undefined,
      undefined,
    ]);
  });
});

Deno.test("a selection's priority is the provider's, in every process on the state", async () => {
  const state = new MemoryStateStore();
  const upstream = startAnsweringUpstream(() => completion({ content: "hi" }));
  const yaml = `
auth: {api_keys: [{name: boss, key: ${ADMIN}, role: admin}]}
providers:
  - {name: one, type: openai_compatible, base_url: "${upstream.origin}/v1", models: [m]}
  - {name: two, type: openai_compatible, base_url: "${upstream.origin}/v1", models: [m]}
`;
  const start = () => startGateway(yaml, undefined, undefined, { state });
  const gateways = [await start(), await start()];
  const [first, second] = gateways.map(({ url }) => url);
  const headers = { "x-api-key": ADMIN, "content-type": "application/json" };
  const answers = async (url = ""): Promise<string | null> => {
    const body = JSON.stringify({
      model: "m",
      messages: [{ role: "user", content: "hi" }],
    });
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers,
      body,
    });
    await response.body?.cancel();
    return response.headers.get("x-llm-proxy-provider");
  };
  assertEquals([await answers(first), await answers(second)], ["one", "one"]);
  const put = await fetch(`${first}/v1/providers/two/model_selection`, {
    method: "PUT",
    headers,
    body: JSON.stringify({ selected_model: "m", priority: 1 }),
  });
  await put.body?.cancel();
  assertEquals(await answers(first), "two");
  for (let tries = 0; await answers(second) !== "two"; tries++) {
    assertEquals(tries < 100, true);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await upstream.close();
  await state.close();
});

Deno.test("K16: a model that nobody has is told with the name that was probably meant, where the caller may ask for it", async () => {
  const gateway = await startGateway(`
auth:
  api_keys:
    - {name: all, key: ${CLIENT}}
    - {name: few, key: ${ADMIN}, models: ["mock", "mok/*", "mock/lorem"]}
providers:
  - {type: mock}
  - {name: told, type: openai_compatible, base_url: "http://127.0.0.1:9/v1", models: [cheap-model, dear]}
routes: [{match: fast, targets: [mock/echo]}]
`);
  const told = async (model: string, key = CLIENT): Promise<string> => {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": key },
      body: JSON.stringify({
        model,
        messages: [{ role: "user", content: "hi" }],
      }),
    });
    const { error } = await response.json();
    assertEquals([response.status, error.code], [404, "model_not_found"]);
    return /did you mean '(.*?)'/.exec(error.message)?.[1] ?? "";
  };
  try {
    for (
      const [model, meant] of [
        ["mock", "mock/echo"],
        ["told", "told/cheap-model"],
        ["mok/echo", "mock/echo"],
        ["tolt/deer", "told/dear"],
        ["fsat", "fast"],
        ["cheap-modle", "cheap-model"],
        ["gpt-9", ""],
        ["nowhere/at-all", ""],
        ["x".repeat(5_000), ""],
      ] as const
    ) assertEquals(await told(model), meant, model.slice(0, 20));
    // What it may not ask for is nothing to be told of.
    assertEquals(await told("mock", ADMIN), "");
    assertEquals(await told("mok/lorem", ADMIN), "mock/lorem");
    assertEquals(await told("mok/echo", ADMIN), "");
  } finally {
    await gateway.close();
  }
});

Deno.test("GET /v1/models lists routes and models that the caller may ask for, and finds no others", async () => {
  const gateway = await startGateway(`
auth:
  api_keys:
    - {name: all, key: ${CLIENT}}
    - {name: few, key: ${ADMIN}, models: [fast, "mock/l*", echo]}
providers: [{type: mock, models: [echo, lorem, cut]}]
routes: [{match: [fast, "gpt-*"], targets: [mock/echo]}, {match: slow, targets: [mock/lorem]}]
`);
  const list = async (key: string): Promise<string[]> => {
    const headers = { "x-api-key": key };
    const response = await fetch(`${gateway.url}/v1/models`, { headers });
    const ids = (await response.json()).data.map(({ id }: { id: string }) =>
      id
    );
    const gemini = await fetch(`${gateway.url}/v1beta/models`, { headers });
    assertEquals(
      (await gemini.json()).models.map(({ displayName: id }: {
        displayName: string;
      }) => id),
      ids,
    );
    return ids;
  };
  const status = async (id: string, key: string): Promise<number> => {
    const response = await fetch(`${gateway.url}/v1/models/${id}`, {
      headers: { "x-api-key": key },
    });
    await response.body?.cancel();
    return response.status;
  };
  try {
    assertEquals(await list(CLIENT), [
      "fast",
      "slow",
      "mock/echo",
      "mock/lorem",
      "mock/cut",
    ]);
    assertEquals(await list(ADMIN), ["fast", "mock/echo", "mock/lorem"]);
    assertEquals(await status("fast", ADMIN), 200);
    assertEquals(await status("mock/cut", ADMIN), 404);
    assertEquals(await status("mock/cut", CLIENT), 200);
  } finally {
    await gateway.close();
  }
});
