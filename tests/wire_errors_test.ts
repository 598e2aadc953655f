import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Answering, eventStream, json } from "./_answering_upstream.ts";
import {
  chatStream,
  chunk,
  completion,
  completionBody,
  streamEnd,
} from "./_chat_answers.ts";
import { message } from "./_message_answers.ts";
import { ANTHROPIC, logLine, withGateway } from "./_with_gateway.ts";

const MESSAGES = [{ role: "user", content: "hi" }];
const COMPATIBLE = "name: up, type: openai_compatible";

/** Both dialects of providers, with a model of each. */
const DIALECTS: readonly (readonly [string, string, string])[] = [
  ["chat", COMPATIBLE, "up/up-1"],
  ["anthropic", ANTHROPIC, "claude/claude-sonnet-4-5"],
];

/** A good answer in a dialect. */
function wholeAnswer(dialect: string): Response {
  return dialect === "chat"
    ? completion({ content: "x" })
    : message([{ type: "text", text: "x" }]);
}

async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    redirect: "manual",
  });
}

/** What an answer says went wrong; it must be a JSON error of OpenAI's. */
async function fault(answer: Response): Promise<[number, string]> {
  assertEquals(answer.headers.get("content-type"), "application/json");
  const { error } = await answer.json();
  assertEquals(typeof error.message, "string");
  assertEquals(typeof error.type, "string");
  assertEquals(error.request_id, answer.headers.get("x-request-id"));
  return [answer.status, error.code];
}

for (const [dialect, provider, model] of DIALECTS) {
  Deno.test(`K1, K19: ${dialect}: whatever a provider answers that is no answer becomes a JSON error`, async () => {
    const html = { "content-type": "text/html" };
    const answers: [() => Response | Promise<Response>, number][] = [
      [() => new Response("<html>", { status: 502, headers: html }), 502],
      [() => new Response("", { status: 500 }), 502],
      [() => new Response('{"error":{"mes', { status: 503 }), 503],
      [() => new Response("<html>", { status: 200, headers: html }), 502],
      [() => new Response("", { status: 200 }), 502],
      [() => new Response(null, { status: 204 }), 502],
      [() => json({ error: "no more" }, { status: 418 }), 418],
      [
        // With a good answer as its body, which is none all the same.
        async () =>
          new Response(await wholeAnswer(dialect).text(), {
            status: 307,
            headers: { location: "http://127.0.0.1:9/elsewhere" },
          }),
        502,
      ],
    ];
    await withGateway({
      provider: `${provider}, max_retries: 0`,
      answer: (_, number) => (answers[number >> 1]?.[0] ?? Response.error)(),
    }, async ({ url, upstream }) => {
      for (const [i, [, status]] of answers.entries()) {
        for (const stream of [false, true]) {
          // A model of its own, so that no breaker opens.
          const answer = await post(url, {
            model: `${model}-${i}`,
            messages: MESSAGES,
            stream,
          });
          const [told] = await fault(answer);
          assertEquals(told, status, `answer ${i}, stream: ${stream}`);
        }
      }
      // Each was asked once: nothing is retried, no redirect is followed.
      assertEquals(upstream.asked.length, 2 * answers.length);
    });
  });

  Deno.test(`K2: ${dialect}: a 4xx of the request keeps its class and is not tried again`, async () => {
    for (const status of [400, 404, 413, 422]) {
      const answer = () =>
        json({ error: { message: "Because", type: "t" } }, { status });
      await withGateway({ provider, answer }, async ({ url, upstream }) => {
        const answer = await post(url, { model, messages: MESSAGES });
        assertEquals((await fault(answer))[0], status);
        assertEquals(upstream.asked.length, 1);
      });
    }
  });

  Deno.test(`K3: ${dialect}: a provider's word on the gateway's key does not reach the client`, async () => {
    const secret = "key-of-the-gateway-0000";
    for (const status of [401, 403]) {
      const answer = () =>
        json(
          { error: { message: `Bad key ${secret} at https://up.example` } },
          {
            status,
          },
        );
      await withGateway({ provider, answer }, async ({ url }) => {
        const answer = await post(url, { model, messages: MESSAGES });
        const text = await answer.text();
        assert(!text.includes(secret) && !text.includes("up.example"), text);
        assertEquals(answer.status, status);
      });
    }
  });

  Deno.test(`K12, K13, K14: ${dialect}: headers and log tell who answered, under which id and within which limits`, async () => {
    const limits = {
      "x-ratelimit-remaining-requests": "59",
      "x-ratelimit-limit-tokens-minute": "500000",
      "anthropic-ratelimit-tokens-reset": "2026-01-01T00:00:00Z",
    };
    const more = { ...limits, "x-request-id": "req_up", "server": "up" };
    const answer = () => {
      const response = wholeAnswer(dialect);
      for (const [name, value] of Object.entries(more)) {
        response.headers.set(name, value);
      }
      return response;
    };
    await withGateway({ provider, answer }, async (gateway) => {
      const { headers, body } = await post(gateway.url, {
        model,
        messages: MESSAGES,
      });
      await body?.cancel();
      for (const [name, value] of Object.entries(limits)) {
        assertEquals(headers.get(name), value);
      }
      const [name, id] = model.split("/");
      assertEquals(headers.get("x-llm-proxy-provider"), name as string);
      assertEquals(headers.get("x-llm-proxy-model"), id as string);
      assertEquals(headers.get("x-llm-proxy-upstream-request-id"), "req_up");
      assertEquals(headers.get("server"), null);
      const line = await logLine(gateway);
      assertEquals(line.request_id, headers.get("x-request-id"));
      assertEquals(line.upstream_request_id, "req_up");
      assertEquals([line.provider, line.model], [name, id]);
    });
  });

  Deno.test(`K17: ${dialect}: a request that is none is refused without asking the provider`, async () => {
    const bad: [unknown, string | null][] = [
      ["{", null],
      ["[]", null],
      [{ messages: MESSAGES }, "model"],
      [{ model }, "messages"],
      [{ model, messages: [] }, "messages"],
      [{ model, messages: [{ content: "x" }] }, "messages[0].role"],
    ];
    const answer = () => completion({ content: "x" });
    await withGateway({ provider, answer }, async ({ url, upstream }) => {
      for (const [body, param] of bad) {
        const answer = await post(url, body);
        assertEquals(answer.status, 400);
        assertEquals((await answer.json()).error.param, param);
      }
      assertEquals(upstream.asked.length, 0);
    });
  });

  Deno.test(`K21, K23: ${dialect}: nothing of the caller's head goes to the provider`, async () => {
    const answer = () => wholeAnswer(dialect);
    await withGateway({ provider, answer }, async ({ url, upstream }) => {
      const { status, body } = await post(url, { model, messages: MESSAGES }, {
        "authorization": "Bearer key-of-the-caller-0000",
        "x-api-key": "key-of-the-caller-0000",
        "api-key": "key-of-the-caller-0000",
        "cookie": "a=key-of-the-caller-0000",
        "proxy-authorization": "Basic a2V5",
        "x-forwarded-for": "10.0.0.7",
        "idempotency-key": "once",
        "x-stainless-retry-count": "1",
        "anthropic-beta": "brand-new",
        "te": "trailers",
        "user-agent": "caller/1",
      });
      await body?.cancel();
      assertEquals(status, 200);
      const own = dialect === "chat" ? [] : ["anthropic-version", "x-api-key"];
      const names = Object.keys(upstream.asked[0]?.headers ?? {})
        .filter((name) => !own.includes(name));
      const known = [
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
      ];
      assertEquals(names.filter((name) => !known.includes(name)), []);
      const text = JSON.stringify(upstream.asked[0]?.headers);
      assert(!text.includes("key-of-the-caller"));
    });
  });
}

Deno.test("K20, M19: a compressed answer goes on without its coding, whole and streamed", async () => {
  const squeeze = (body: BodyInit): ReadableStream =>
    new Response(body).body!.pipeThrough(new CompressionStream("gzip"));
  const coded = { "content-encoding": "gzip", "vary": "accept-encoding" };
  await withGateway({
    answer: ({ body }) =>
      body.stream
        ? new Response(
          squeeze(
            chunk({ role: "assistant", content: "Hello" }) + streamEnd(),
          ),
          { headers: { ...coded, "content-type": "text/event-stream" } },
        )
        : new Response(
          squeeze(JSON.stringify(completionBody({ content: "Hello" }))),
          { headers: { ...coded, "content-type": "application/json" } },
        ),
  }, async ({ url }) => {
    for (const stream of [false, true]) {
      const answer = await post(url, {
        model: "up/up-1",
        messages: MESSAGES,
        stream,
      });
      assertEquals(answer.headers.get("content-encoding"), null);
      assert(!/encoding/i.test(answer.headers.get("vary") ?? ""));
      assert((await answer.text()).includes("Hello"));
    }
  });
});

Deno.test("J7, J17: an error is read whatever its label, and a numeric code is text or none", async () => {
  const bodies: [string, string][] = [
    ['{"error":{"message":"Balance","code":"x1"}}', "x1"],
    ['{"error":{"message":"Balance","code":400}}', "invalid_request"],
    ['{"error":{"message":"Balance","code":20015}}', "20015"],
  ];
  await withGateway({
    answer: (_, number) =>
      new Response(bodies[number]?.[0] ?? "", {
        status: 400,
        headers: { "content-type": "application/octet-stream" },
      }),
  }, async ({ url }) => {
    for (const [, code] of bodies) {
      const answer = await post(url, { model: "up/up-1", messages: MESSAGES });
      assertEquals(await fault(answer), [400, code]);
    }
  });
});

Deno.test("J17: search results beside an answer and in its content are no text, and stay beside it", async () => {
  const extra = { search_results: [{ title: "a" }], citations: ["https://a"] };
  const parts = [
    { type: "search_results", search_results: [{ title: "a" }] },
    { type: "text", text: "Hello" },
  ];
  await withGateway({
    answer: ({ body }) =>
      body.stream
        ? chatStream([{ content: parts }])
        : completion({ content: parts }, "stop", extra),
  }, async ({ url }) => {
    const ask = { model: "up/up-1", messages: MESSAGES };
    const { choices, search_results: results, citations } =
      await (await post(url, ask)).json();
    assertEquals(choices[0].message.content, "Hello");
    assertEquals({ search_results: results, citations }, extra);
    const text = await (await post(url, { ...ask, stream: true })).text();
    assertStringIncludes(text, '"content":"Hello"');
    assertStringIncludes(text, '"references":[{"type":"search_results"');
  });
});

/** Phases that run out of time: the code that says so, the limit, what the provider does. */
const PHASES: readonly (readonly [string, string, Answering])[] = [
  ["headers_timeout", "header_timeout: 0.05", async ({ gone }) => {
    await leaving(gone);
    return new Response();
  }],
  [
    "content_timeout",
    "first_token_timeout: 0.05",
    ({ gone }) =>
      eventStream(
        silent(chunk({ role: "assistant", content: "" }), gone),
      ),
  ],
];

/** Resolves when the gateway has given up. */
function leaving(gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (gone.aborted) resolve();
    gone.addEventListener("abort", () => resolve());
  });
}

/** Says one thing and is silent from then on. */
async function* silent(
  first: string,
  gone: AbortSignal,
): AsyncGenerator<string> {
  yield first;
  await leaving(gone);
}

for (const [code, config, answer] of PHASES) {
  Deno.test(`K22: ${code} is a 504`, async () => {
    await withGateway(
      { answer, config: `http_client: {${config}}\n` },
      async ({ url }) => {
        const answer = await post(url, {
          model: "up/up-1",
          messages: MESSAGES,
          stream: true,
        });
        assertEquals(await fault(answer), [504, code]);
      },
    );
  });
}

Deno.test("K11, K22, L6: a provider that falls silent in mid-stream ends in an error event, and is not asked again", async () => {
  await withGateway({
    answer: ({ gone }) =>
      eventStream(silent(chunk({ role: "assistant", content: "Hi" }), gone)),
    config: "http_client: {idle_timeout: 0.05}\n",
  }, async (gateway) => {
    const answer = await post(gateway.url, {
      model: "up/up-1",
      messages: MESSAGES,
      stream: true,
    });
    const text = await answer.text();
    assert(text.includes('"content":"Hi"'));
    assert(text.includes('"code":"idle_timeout"'));
    assert(!text.includes("[DONE]") && !text.includes('"stop"'));
    assertEquals(gateway.upstream.asked.length, 1);
    assertEquals((await logLine(gateway)).error, "idle_timeout");
  });
});
