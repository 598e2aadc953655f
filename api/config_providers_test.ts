import { assert, assertEquals } from "@std/assert";
import { linesOf, parse } from "./_config_fixture_test.ts";
import type { ProviderConfig } from "./config.ts";

function providerOf(
  entry: string,
  variables: Readonly<Record<string, string>> = {},
): ProviderConfig {
  const result = parse(`providers: [${entry}]`, variables);
  assert(result.ok, JSON.stringify(result));
  const [provider] = result.config.providers;
  assert(provider);
  return provider;
}

/** What is wrong with an entry, as `path: message`. */
function wrongWith(entry: string): string[] {
  return linesOf(`providers: [${entry}]`)
    .map((line) => line.replace(/^\S+ providers\[0\]\.?/, ""));
}

Deno.test("parseConfig() makes one pool of all the ways to give keys", () => {
  const keys = { A: "gsk-T4rEw2Qz", GROQ_API_KEY: "gsk-U8iOp6Lk" };
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["{type: groq}", [keys.GROQ_API_KEY]],
    ["{type: groq, api_key: '${A}'}", [keys.A]],
    ["{type: groq, api_key_env: A}", [keys.A]],
    ["{type: groq, api_keys: ['${A}', gsk-Z6xNm1Pq]}", [
      keys.A,
      "gsk-Z6xNm1Pq",
    ]],
    ["{type: groq, enabled: false}", []],
    ["{type: mock}", []],
  ];
  for (const [entry, pool] of cases) {
    const provider = providerOf(entry, keys);
    assertEquals(provider.api_keys, pool, entry);
    assertEquals(provider.api_key, pool[0], entry);
  }
});

Deno.test("parseConfig() refuses a pool beside another key, and a key that it holds twice", () => {
  assertEquals(
    wrongWith("{type: groq, api_key: gsk-T4rEw2Qz, api_keys: [gsk-U8iOp6Lk]}"),
    ["api_keys: Give one of api_key, api_key_env and api_keys"],
  );
  assertEquals(
    wrongWith("{type: groq, api_key_env: X, api_keys: [gsk-U8iOp6Lk]}"),
    ["api_keys: Give one of api_key, api_key_env and api_keys"],
  );
  assertEquals(
    wrongWith("{type: groq, api_keys: [gsk-U8iOp6Lk, gsk-U8iOp6Lk]}"),
    ["api_keys[1]: api_keys holds this key already"],
  );
  assertEquals(wrongWith("{type: groq, api_keys: []}"), [
    "api_keys: providers[0].api_keys must not be empty",
  ]);
  assertEquals(wrongWith("{type: groq, api_keys: ['a b']}"), [
    "api_keys[0]: providers[0].api_keys[0] must hold nothing but printable ASCII without spaces",
  ]);
});

Deno.test("parseConfig() takes models as names and as maps", () => {
  const { models } = providerOf(
    "{type: mock, models: [a, {name: b, weight: 0, context_window: 8192, capabilities: {tools: false}, prices: {input: 0, output: 0.5}}]}",
  );
  assertEquals(models, [
    { name: "a", weight: 1, capabilities: {} },
    {
      name: "b",
      weight: 0,
      context_window: 8192,
      capabilities: { tools: false },
      prices: { input: 0, output: 0.5 },
    },
  ]);
});

Deno.test("F6: models that make no sense are refused", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["[a, {name: a}]", "models[1].name: models holds this name already"],
    ["[a, a]", "models[1]: models holds this name already"],
    [
      "[gpt-*]",
      "models[0]: providers[0].models[0] must not hold '*': write a route for patterns",
    ],
    [
      "[{name: a, prices: {input: -1, output: 1}}]",
      "models[0].prices.input: providers[0].models[0].prices.input must be at least 0, not -1",
    ],
    [
      "[{name: a, prices: {input: 1}}]",
      "models[0].prices.output: providers[0].models[0].prices.output is missing",
    ],
    [
      "[{name: a, context_window: 0}]",
      "models[0].context_window: providers[0].models[0].context_window must be at least 1, not 0",
    ],
    [
      "[{name: a, capabilities: {tool: true}}]",
      "models[0].capabilities.tool: Unknown key 'tool' in providers[0].models[0].capabilities (did you mean 'tools'?)",
    ],
    [
      "[{weight: 1}]",
      "models[0].name: providers[0].models[0].name is missing",
    ],
  ];
  for (const [models, fault] of cases) {
    assertEquals(wrongWith(`{type: mock, models: ${models}}`), [fault]);
  }
});

Deno.test("parseConfig() leaves limits as they were written", () => {
  for (
    const [text, value] of [
      ["10/day", "10/day"],
      ["[10/day, 8 concurrent]", ["10/day", "8 concurrent"]],
      ["{requests_per_hour: 0.5}", { requests_per_hour: 0.5 }],
    ] as const
  ) {
    assertEquals<unknown>(
      providerOf(`{type: mock, rate_limit: ${text}}`).rate_limit,
      value,
    );
  }
});

Deno.test("F6: limits that the library can't read are refused", () => {
  const form =
    "must look like '100/minute', '5000 tokens/hour', '10/second burst 20' or '8 concurrent', with numbers above 0";
  const cases: readonly (readonly [string, string])[] = [
    ["0/day", `rate_limit: providers[0].rate_limit ${form}`],
    ["['10/day', x]", `rate_limit[1]: providers[0].rate_limit[1] ${form}`],
    ["[]", "rate_limit: providers[0].rate_limit must not be empty"],
    [
      "{}",
      "rate_limit: providers[0].rate_limit must hold a limit, and no window longer than 31 days",
    ],
    [
      "{requests_per_day: 0.01}",
      "rate_limit: providers[0].rate_limit must hold a limit, and no window longer than 31 days",
    ],
    [
      "{requests_per_minutes: 1}",
      "rate_limit.requests_per_minutes: Unknown key 'requests_per_minutes' in providers[0].rate_limit (did you mean 'requests_per_minute'?)",
    ],
  ];
  for (const [limit, fault] of cases) {
    assertEquals(wrongWith(`{type: mock, rate_limit: ${limit}}`), [fault]);
  }
});

Deno.test("parseConfig() takes concurrency, and refuses one that limits nothing", () => {
  assertEquals(
    providerOf("{type: mock, concurrency: {adaptive: true}}").concurrency,
    { adaptive: true, max_queue: 16, max_wait: 1 },
  );
  for (const text of ["{}", "{max_queue: 3}", "{adaptive: false}"]) {
    assertEquals(wrongWith(`{type: mock, concurrency: ${text}}`), [
      "concurrency: concurrency limits nothing without max or adaptive: true",
    ]);
  }
});

Deno.test("X11: the password of a proxy is in no fault", () => {
  for (
    const entry of [
      "{type: mock, proxy: 'http://user:Canary@proxy/path'}",
      "{type: mock, proxy: {Canary: 1}}",
      "{type: mock, proxy: [Canary]}",
    ]
  ) {
    const [fault, ...others] = wrongWith(entry);
    assertEquals(others, []);
    assert(fault && !fault.includes("Canary"), fault);
  }
  assertEquals(
    providerOf("{type: mock, proxy: 'http://u:${P}@proxy:1'}", { P: "pa%40ss" })
      .proxy,
    "http://u:pa%40ss@proxy:1",
  );
});

Deno.test("parseConfig() takes wire_api where there are two APIs only", () => {
  const { wire_api: api, models } = providerOf(
    "{type: xai, api_key: xai-T4rEw2Qz, wire_api: auto, models: [{name: a, wire_api: responses}]}",
  );
  assertEquals([api, models?.[0]?.wire_api], ["auto", "responses"]);
  assertEquals(
    wrongWith(
      "{type: ollama, wire_api: auto, models: [a, {name: b, wire_api: chat}]}",
    ),
    [
      "wire_api: Only a provider of OpenAI's dialect has this",
      "models[1].wire_api: Only a provider of OpenAI's dialect has this",
    ],
  );
  assertEquals(wrongWith("{type: mock, wire_api: responses}"), [
    "wire_api: Only a provider of OpenAI's dialect has this",
  ]);
});
