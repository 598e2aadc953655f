// Values that nobody means, in whatever a client may name: at endpoints beside
// conversations, in headers, paths and queries.
import { assert, assertEquals } from "@std/assert";
import { createApp, defaultConfig } from "@llm-proxy/api";
import { ODD_VALUES } from "./_odd_values.ts";
import { post, type RawAnswer } from "./_raw_client.ts";
import { errorOf, Rig } from "./_rig.ts";
import { CHAT_PIECES } from "./_wire_pieces.ts";
import { until } from "../logging/_test_wait.ts";

/** A sound request of each endpoint, and further fields that it may have. */
const ENDPOINTS: Readonly<
  Record<string, readonly [body: Record<string, unknown>, more: string]>
> = {
  "/v1/completions": [
    { prompt: "hi" },
    "max_tokens suffix n logprobs echo stop best_of logit_bias user stream stream_options",
  ],
  "/v1/embeddings": [
    { input: "hi" },
    "dimensions encoding_format user input_type truncate",
  ],
  "/v1/images/generations": [
    { prompt: "a cat" },
    "n size quality response_format style background stream user partial_images",
  ],
  "/v1/audio/speech": [
    { input: "hi", voice: "alloy" },
    "response_format speed instructions stream_format",
  ],
  "/v1/moderations": [{ input: "hi" }, ""],
  "/v1/rerank": [
    { query: "hi", documents: ["a", "b"] },
    "top_n return_documents max_tokens_per_doc rank_fields",
  ],
  "/v1/responses": [
    { input: "hi" },
    "instructions previous_response_id store include metadata text reasoning tools tool_choice truncation background conversation prompt safety_identifier prompt_cache_key max_output_tokens stream stream_options",
  ],
  "/v1/responses/input_tokens": [{ input: "hi" }, "instructions tools text"],
  "/v1/messages": [
    { max_tokens: 5, messages: [{ role: "user", content: "hi" }] },
    "system metadata stop_sequences thinking tools tool_choice top_k service_tier container mcp_servers context_management output_config stream",
  ],
  "/v1/messages/count_tokens": [
    { messages: [{ role: "user", content: "hi" }] },
    "system tools thinking tool_choice",
  ],
  "/v1beta/models/mock/echo:generateContent": [
    { contents: [{ parts: [{ text: "hi" }] }] },
    "systemInstruction tools toolConfig safetySettings generationConfig cachedContent labels",
  ],
  "/v1beta/models/mock/echo:countTokens": [
    { contents: [{ parts: [{ text: "hi" }] }] },
    "generateContentRequest systemInstruction",
  ],
  "/v1beta/models/mock/echo:embedContent": [
    { content: { parts: [{ text: "hi" }] } },
    "taskType title outputDimensionality",
  ],
};

Deno.test("C11: at every endpoint any value in any field is served or refused, never a fault of ours", async () => {
  const app = createApp(defaultConfig());
  let asked = 0;
  for (const [path, [body, more]] of Object.entries(ENDPOINTS)) {
    const sound: Record<string, unknown> = path.startsWith("/v1beta")
      ? body
      : { model: "mock/echo", ...body };
    const fields = [...Object.keys(sound), ...more.split(" ").filter(Boolean)];
    for (const field of fields) {
      const { [field]: _, ...rest } = sound;
      const start = JSON.stringify(rest).slice(0, -1);
      const comma = start === "{" ? "" : ",";
      for (const value of ODD_VALUES) {
        const answer = await app.fetch(
          new Request(`http://localhost${path}`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: `${start}${comma}"${field}":${value}}`,
          }),
        );
        asked++;
        const text = await answer.text();
        const what = `${path} ${field} ${value.slice(0, 80)}`;
        assert(answer.status < 500, `${answer.status} ${what}: ${text}`);
        assertEquals(answer.headers.has("x-injected"), false, what);
      }
    }
  }
  assert(asked > 1_400, `${asked}`);
  await app.close();
});

Deno.test("C5: of a field that is there twice nobody reads another than the provider does", async () => {
  await using rig = await Rig.start();
  rig.upstream.on("m", (call) => call.whole(CHAT_PIECES.whole));
  const messages = `"messages":[{"role":"user","content":"hi"}]`;
  for (
    const [first, second] of [
      [`"model":"oa/other"`, `"model":"oa/m"`],
      [`"model":"oa/other"`, `"\\u006dodel":"oa/m"`],
      [`"stream":true,"model":"oa/m"`, `"stream":false`],
    ]
  ) {
    const before = rig.upstream.calls.length;
    const { status, body } = await rig.answer(
      post(`{${first},${messages},${second}}`),
    );
    if (status === 400) {
      assertEquals(errorOf(body)?.code, "invalid_json");
      continue;
    }
    assertEquals(status, 200, body);
    const call = rig.upstream.calls[before];
    const { model, stream = false } = JSON.parse(call?.body ?? "{}");
    assertEquals([model, stream], ["m", false]);
  }
});

Deno.test("C12: nothing in a header, a path, a query or a field breaks out of where it goes", async () => {
  await using rig = await Rig.start();
  rig.upstream.on("m", (call) => call.whole(CHAT_PIECES.whole));
  const injected = "x-injected: 1";
  const escaped = encodeURIComponent(`a\r\n${injected}\r\n\r\nGET / HTTP/1.1`);
  const odd = '\t\x80\xff caf\xe9 \u2028 "},{" %0d%0ax-injected:1';
  const chat = (more: object, headers = ""): string =>
    post({
      model: "oa/m",
      messages: [{ role: "user", content: "hi" }],
      ...more,
    }, { headers });
  const get = (path: string): string =>
    `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
  const requests = [
    ...[
      "user-agent",
      "idempotency-key",
      "traceparent",
      "tracestate",
      "baggage",
      "x-request-id",
      "openai-organization",
      "openai-beta",
      "anthropic-beta",
      "anthropic-version",
      "x-llm-proxy-tags",
      "x-llm-proxy-cache",
      "x-forwarded-for",
      "accept-language",
      "cookie",
    ].flatMap((name) => [
      chat({}, `${name}: ${odd}\r\n`),
      post({ model: "oa/m" }, {
        path: "/p/oa/chat/completions",
        headers: `${name}: ${odd}\r\n`,
      }),
    ]),
    ...[
      "user",
      "safety_identifier",
      "prompt_cache_key",
      "service_tier",
      "metadata",
    ]
      .flatMap((name) => [
        chat({ [name]: `a\r\n${injected}\0\u2028` }),
        chat({ [name]: { [`k\r\n${injected}`]: `\r\n${injected}` } }),
      ]),
    ...[
      `/v1/responses/${escaped}`,
      `/v1/files/${escaped}`,
      `/v1/batches/${escaped}`,
      `/v1/models/${escaped}`,
      `/v1/providers/${escaped}/models`,
      `/v1/providers/oa/models/${escaped}`,
      `/v1/usage?from=${escaped}&by=${escaped}`,
      `/v1/models/search?q=${escaped}`,
      `/p/oa/${escaped}?a=${escaped}`,
      `/p/${escaped}/x`,
      `/${escaped}`,
    ].map(get),
    post({ contents: [{ parts: [{ text: "hi" }] }] }, {
      path: `/v1beta/models/${escaped}:generateContent`,
    }),
  ];
  const answers: RawAnswer[] = [];
  for (const request of requests) answers.push(await rig.answer(request));
  for (const [place, { status, headers }] of answers.entries()) {
    const what = `${status} on ${requests[place]?.slice(0, 200)}`;
    // What the upstream cuts off for us is its own fault.
    assert(status < 500 || status === 502, what);
    assertEquals(headers.has("x-injected"), false, what);
  }
  // One request in, at most one out, and none with a line more than it had.
  assert(rig.upstream.calls.length <= requests.length);
  assert(rig.upstream.calls.length > 20, `${rig.upstream.calls.length}`);
  for (const { head } of rig.upstream.calls) {
    assert(!/^x-injected/im.test(head), head);
    assert(!/[^\t\r\n\x20-\x7e\x80-\xff]/.test(head), head);
    const [line = ""] = head.split("\r\n");
    assertEquals(line.split(" ").length, 3, line);
  }
  await until(() => rig.log.length >= requests.length, "all log lines");
  assertEquals(rig.log.length, requests.length);
});

Deno.test("C10: odd characters arrive as they were sent, whatever charset a client says", async () => {
  await using rig = await Rig.start();
  rig.upstream.on("m", (call) => call.whole(CHAT_PIECES.whole));
  const texts = [
    "\\ud800",
    "\\u0000",
    "\\udfff\\ud800",
    "\u{1f40e}\ufffe\u2028",
  ];
  for (const text of texts) {
    const messages = `[{"role":"user","content":"a${text}b"}]`;
    for (const charset of ["", "; charset=utf-8", "; charset=utf-16", "; x"]) {
      const before = rig.upstream.calls.length;
      const request = post(`{"model":"oa/m","messages":${messages}}`);
      const { status } = await rig.answer(
        request.replace("application/json", `application/json${charset}`),
      );
      // What says that it is something else may be refused, not be misread.
      if (status === 415) continue;
      assertEquals(status, 200);
      assert(rig.upstream.calls[before]?.body.includes(messages), text);
    }
  }
});
