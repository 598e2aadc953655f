// Every way to shorten a conversation, for clients of every dialect: the same
// agent's work, told in four ways, seen as the provider is told it.
import { CONDENSE_STRATEGIES } from "@llm-proxy/context";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Asked, json } from "./_answering_upstream.ts";
import { withGateway } from "./_with_gateway.ts";

const SYSTEM = "The code word is swordfish.";
const QUESTION = "What is the code word?";
const TURNS = 12;

/** Long words, the same in every third turn. */
function words(turn: number): string {
  return `file-${turn % 3} ${"river stone ".repeat(250)}`;
}

/** The same request in the words of each dialect: rounds of a call, its result and an answer. */
const REQUESTS: Readonly<Record<string, readonly [string, object]>> = {
  chat: ["/v1/chat/completions", {
    model: "up/m",
    messages: [
      { role: "system", content: SYSTEM },
      ...rounds((turn) => [
        { role: "user", content: `Read ${turn}` },
        {
          role: "assistant",
          content: null,
          tool_calls: [{
            id: `call_${turn}`,
            type: "function",
            function: { name: "read", arguments: `{"turn":${turn}}` },
          }],
        },
        { role: "tool", tool_call_id: `call_${turn}`, content: words(turn) },
        { role: "assistant", content: `Noted ${turn}` },
      ]),
      { role: "user", content: QUESTION },
    ],
  }],
  messages: ["/v1/messages", {
    model: "up/m",
    max_tokens: 100,
    system: SYSTEM,
    messages: [
      ...rounds((turn) => [
        { role: "user", content: `Read ${turn}` },
        {
          role: "assistant",
          content: [{
            type: "tool_use",
            id: `call_${turn}`,
            name: "read",
            input: { turn },
          }],
        },
        {
          role: "user",
          content: [{
            type: "tool_result",
            tool_use_id: `call_${turn}`,
            content: words(turn),
          }],
        },
        { role: "assistant", content: `Noted ${turn}` },
      ]),
      { role: "user", content: QUESTION },
    ],
  }],
  responses: ["/v1/responses", {
    model: "up/m",
    instructions: SYSTEM,
    input: [
      ...rounds((turn) => [
        { role: "user", content: `Read ${turn}` },
        {
          type: "function_call",
          call_id: `call_${turn}`,
          name: "read",
          arguments: `{"turn":${turn}}`,
        },
        {
          type: "function_call_output",
          call_id: `call_${turn}`,
          output: words(turn),
        },
        { role: "assistant", content: `Noted ${turn}` },
      ]),
      { role: "user", content: QUESTION },
    ],
  }],
  gemini: ["/v1beta/models/up%2Fm:generateContent", {
    systemInstruction: { parts: [{ text: SYSTEM }] },
    contents: [
      ...rounds((turn) => [
        { role: "user", parts: [{ text: `Read ${turn}` }] },
        {
          role: "model",
          parts: [{
            functionCall: { id: `call_${turn}`, name: "read", args: { turn } },
          }],
        },
        {
          role: "user",
          parts: [{
            functionResponse: {
              id: `call_${turn}`,
              name: "read",
              response: { output: words(turn) },
            },
          }],
        },
        { role: "model", parts: [{ text: `Noted ${turn}` }] },
      ]),
      { role: "user", parts: [{ text: QUESTION }] },
    ],
  }],
};

function rounds(make: (turn: number) => object[]): object[] {
  return Array.from({ length: TURNS }, (_, turn) => make(turn)).flat();
}

interface SentMessage {
  readonly role: string;
  readonly content: unknown;
  readonly tool_calls?: readonly { readonly id: string }[];
  readonly tool_call_id?: string;
}

function answer(text: string): Response {
  return json({
    id: "c",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{
      index: 0,
      finish_reason: "stop",
      message: { role: "assistant", content: text },
    }],
    usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
  });
}

/** Too long for the provider, in words of the config's. */
function refuse(): Response {
  const error = { message: "Far Too Much text", type: "invalid" };
  return json({ error }, { status: 400 });
}

/** Checks what the provider was sent in the place of a long conversation. */
function checkSent({ body }: Asked, where: string): void {
  const sent = body.messages as readonly SentMessage[];
  assertEquals(sent[0]?.content, SYSTEM, where);
  assertEquals(sent.at(-1)?.content, QUESTION, where);
  const calls = sent.flatMap((it) => it.tool_calls?.map(({ id }) => id) ?? []);
  const results = sent.flatMap((it) => it.tool_call_id ?? []);
  assertEquals(calls, results, where);
  assert(sent.length > 2, where);
}

async function post(
  url: string,
  [path, body]: readonly [string, object],
): Promise<Headers> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  assertEquals(response.status, 200, text.slice(0, 300));
  return response.headers;
}

for (const strategy of CONDENSE_STRATEGIES) {
  Deno.test(`condense: ${strategy} leaves the system and the question alone, and calls with their results, for every dialect`, async () => {
    await withGateway({
      answer: ({ body }) => answer(body.model === "summer" ? "In short" : "ok"),
      config: `condensation:
  enabled: true
  truncation_threshold: 6000
  tool_result_max_tokens: 200
  strategies: [${strategy}]
  summary_model: up/summer
`,
    }, async ({ url, upstream }) => {
      for (const [dialect, request] of Object.entries(REQUESTS)) {
        const before = upstream.asked.length;
        const headers = await post(url, request);
        const told = headers.get("x-llm-proxy-condensed") ?? "";
        assertStringIncludes(told, "reason=threshold", dialect);
        assertStringIncludes(
          headers.get("x-llm-proxy-loss") ?? "",
          "messages",
          dialect,
        );
        const [asked] = upstream.asked.slice(before)
          .filter(({ body }) => body.model === "m");
        assert(asked !== undefined, dialect);
        checkSent(asked, `${dialect}: ${JSON.stringify(asked.body.messages)}`);
        if (strategy === "summarize") {
          assertStringIncludes(asked.text, "In short", dialect);
        }
      }
    });
  });
}

Deno.test("condense: for every dialect what a provider says is too long is sent once more, shorter, by the config's words", async () => {
  await withGateway({
    answer: ({ text }) => text.length > 30_000 ? refuse() : answer("ok"),
    provider: "name: up, type: openai_compatible, max_retries: 0",
    config: `condensation: {error_patterns: [far too much]}
routes: [{match: "up/*", targets: ["up/*"], condense: {on: error}}]
`,
  }, async ({ url, upstream }) => {
    for (const [dialect, request] of Object.entries(REQUESTS)) {
      const before = upstream.asked.length;
      const headers = await post(url, request);
      const told = headers.get("x-llm-proxy-condensed") ?? "";
      assertStringIncludes(told, "reason=error", dialect);
      const [first, second, ...more] = upstream.asked.slice(before);
      assertEquals(more.length, 0, dialect);
      assert(second !== undefined && first !== undefined, dialect);
      assert(second.text.length < first.text.length, dialect);
      checkSent(second, dialect);
    }
  });
});

Deno.test("condense: a summary that takes too long costs its time and no more, and turns go instead", async () => {
  let asked = 0;
  const late = Promise.withResolvers<void>();
  await withGateway({
    answer: async ({ body }) => {
      if (body.model !== "summer") return answer("ok");
      asked++;
      await late.promise;
      return answer("Too late");
    },
    config: `condensation:
  enabled: true
  truncation_threshold: 6000
  strategies: [summarize]
  summary_model: up/summer
  summary_timeout: 0.2
`,
  }, async ({ url, upstream }) => {
    const headers = await post(url, REQUESTS.chat!);
    assertStringIncludes(
      headers.get("x-llm-proxy-condensed") ?? "",
      "dropped=",
    );
    assert(asked >= 1);
    const sent = upstream.asked.find(({ body }) => body.model === "m");
    assert(sent !== undefined && !sent.text.includes("Too late"));
    checkSent(sent, "late");
    late.resolve();
  });
});
