// What tries to get around guardrails, to hang them or to fill the memory.
import OpenAI from "openai";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type Asked,
  eventStream,
  json,
  startAnsweringUpstream,
} from "./_answering_upstream.ts";
import { chunk, completion, event, streamEnd } from "./_chat_answers.ts";
import { logLine, type Running, withGateway } from "./_with_gateway.ts";

const CONFIG = `
guardrails:
  - {name: privacy, type: pii}
  - {name: words, type: deny, phrases: [project falcon]}
default_guardrails: [privacy, words]
`;

interface Told {
  readonly status: number;
  readonly text: string;
}

async function post(
  { url }: Pick<Running, "url">,
  path: string,
  body: object | string,
): Promise<Told> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

const ask = (gateway: Pick<Running, "url">, content: string, more = {}) =>
  post(gateway, "/v1/chat/completions", {
    model: "up/m",
    messages: [{ role: "user", content }],
    ...more,
  });
const codeOf = ({ text }: Told): string => JSON.parse(text).error.code;
const well = (): Response => completion({ content: "Well." });

/** A stream in which a tool is called with this, in pieces. */
function calling(args: string, size: number, name = "mail"): string {
  const pieces = args.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
  const call = (index: number, more: object): string =>
    chunk({ tool_calls: [{ index, ...more }] });
  return chunk({ role: "assistant", content: null }) +
    call(0, {
      id: "call_1",
      type: "function",
      function: { name, arguments: "" },
    }) +
    pieces.map((it) => call(0, { function: { arguments: it } })).join("");
}

Deno.test("a placeholder in a tool's arguments is put back however a stream is cut, and what is refused there is found behind escapes", async () => {
  let answer = "";
  await withGateway({
    answer: () => eventStream(answer + streamEnd("tool_calls")),
    config: CONFIG,
  }, async ({ url }) => {
    const client = new OpenAI({
      baseURL: `${url}/v1`,
      apiKey: "key-of-the-client-0000",
      maxRetries: 0,
    });
    const run = async (): Promise<string> => {
      const stream = await client.chat.completions.create({
        model: "up/m",
        stream: true,
        messages: [{ role: "user", content: "Mail ann@example.com \\ 😀" }],
      });
      let args = "";
      for await (const { choices: [choice] } of stream) {
        args += choice?.delta.tool_calls?.[0]?.function?.arguments ?? "";
      }
      return args;
    };
    for (const size of [1, 2, 5, 1_000]) {
      answer = calling(
        '{"to": "[EMAIL_1]", "n": 1.50, "say": "\\ud83d\\ude00"}',
        size,
      );
      assertEquals(
        await run(),
        '{"to": "ann@example.com", "n": 1.50, "say": "\\ud83d\\ude00"}',
      );
    }
    for (
      const [args, name] of [
        ['{"say": "pro\\u006aect\\nfalcon"}', "mail"],
        ['{"project falcon": 1}', "mail"],
        ["{}", "project falcon"],
      ] as const
    ) {
      answer = calling(args, 3, name);
      const error = await run().then(() => undefined, (error) => error);
      assert(error instanceof OpenAI.APIError, args);
      assertEquals(error.code, "content_policy_violation");
    }
  });
});

Deno.test("a key that comes twice hides nothing from guardrails", async () => {
  await withGateway({ answer: well, config: CONFIG }, async (gateway) => {
    const hidden = [
      '{"model":"up/m","messages":[{"role":"user","content":"ann@example.com","content":"hi"}],"n":1}',
      '{"model":"up/m","messages":[{"role":"user","content":"project falcon","con\\u0074ent":"hi"}]}',
      '{"model":"up/m","messages":[{"role":"user","content":"ann@example.com"}],"messages":[{"role":"user","content":"hi"}]}',
    ];
    for (const body of hidden) {
      const { status, text } = await post(
        gateway,
        "/v1/chat/completions",
        body,
      );
      assertEquals(status, 200, text);
    }
    for (const { text } of gateway.upstream.asked) {
      assert(!/ann|falcon/.test(text), text);
    }
    // Nothing else changes what is sent.
    const plain =
      '{"model":"up/m", "messages":[{"role":"user","content":"a: \\"b\\" \\\\"}]}';
    await post(gateway, "/v1/chat/completions", plain);
    assertEquals(
      gateway.upstream.asked.at(-1)?.text,
      plain.replace("up/m", "m"),
    );
  });
});

Deno.test("personal data leaves by no other door: names of users, tools, thought that is told again, counts and vectors", async () => {
  const answer = ({ path }: Asked): Response =>
    path.endsWith("/embeddings")
      ? json({
        object: "list",
        model: "m",
        data: [{ object: "embedding", index: 0, embedding: [0.5] }],
        usage: { prompt_tokens: 1, total_tokens: 1 },
      })
      : well();
  await withGateway({ answer, config: CONFIG }, async (gateway) => {
    const secret = "ann@exämple.de";
    await ask(gateway, secret, {
      user: secret,
      metadata: { who: secret },
      tools: [{
        type: "function",
        function: { name: "f", description: `Ask ${secret}`, parameters: {} },
      }],
    });
    await post(gateway, "/v1/chat/completions", {
      model: "up/m",
      messages: [
        { role: "user", content: [{ type: "text", text: secret }] },
        {
          role: "assistant",
          tool_calls: [{
            id: "c",
            type: "function",
            function: { name: "f", arguments: JSON.stringify({ a: secret }) },
          }],
        },
        { role: "tool", tool_call_id: "c", content: `{"mail":"${secret}"}` },
      ],
    });
    await post(gateway, "/v1/embeddings", { model: "up/m", input: [secret] });
    await post(gateway, "/v1beta/models/up%2Fm:embedContent", {
      content: { parts: [{ text: secret }] },
    });
    await post(gateway, "/v1beta/models/up%2Fm:batchEmbedContents", {
      requests: [{ model: "up/m", content: { parts: [{ text: secret }] } }],
    });
    assertEquals(gateway.upstream.asked.length, 5);
    for (const { text } of gateway.upstream.asked) {
      assert(!text.includes("mple.de"), text);
      assertStringIncludes(text, "[EMAIL_1]");
    }
    const count = await post(gateway, "/v1/messages/count_tokens", {
      model: "up/m",
      messages: [{ role: "user", content: "project falcon" }],
    });
    assertEquals(count.status, 400);
    const condensed = await post(gateway, "/v1/condense", {
      model: "up/m",
      messages: [{ role: "user", content: secret }],
    });
    assertEquals(JSON.parse(condensed.text).messages[0].content, secret);
  });
});

Deno.test("what is said in pieces is read in one, and what no dialect knows of an answer is looked at", async () => {
  let message: object = {};
  const answer = (): Response =>
    json({
      id: "c",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [{ index: 0, finish_reason: "stop", message }],
    });
  await withGateway({ answer, config: CONFIG }, async (gateway) => {
    const pieces = await post(gateway, "/v1/chat/completions", {
      model: "up/m",
      messages: [{
        role: "user",
        content: ["pro", "ject fal", "con"].map((text) => ({
          type: "text",
          text,
        })),
      }],
    });
    assertEquals(codeOf(pieces), "content_policy_violation");
    const parts = await post(
      gateway,
      "/v1beta/models/up%2Fm:generateContent",
      {
        systemInstruction: {
          parts: [{ text: "project" }, { text: " falcon" }],
        },
        contents: [{ role: "user", parts: [{ text: "hi" }] }],
      },
    );
    assertEquals(parts.status, 400);
    assertEquals(gateway.upstream.asked.length, 0);
    for (
      const more of [
        { audio: { id: "a", transcript: "Project Falcon" } },
        { reasoning_details: [{ type: "x", text: "project  falcon" }] },
        { annotations: [{ url_citation: { title: "project falcon" } }] },
        { function_call: { name: "f", arguments: "project falcon" } },
        { x_new: [[{ deep: ["project falcon"] }]] },
      ]
    ) {
      message = { role: "assistant", content: "Well.", ...more };
      const { text } = await ask(gateway, "hi");
      assert(!/falcon/i.test(text), text);
    }
  });
});

Deno.test("an answer that was repaired is shown to all that have seen the first", async () => {
  const webhook = startAnsweringUpstream(({ body }) =>
    json({ allowed: !body.texts.join().includes("bad") })
  );
  const config = `
guardrails:
  - {name: moderation, type: webhook, url: "${webhook.origin}", secret: secret-of-the-webhook-0001, on: output}
  - {name: shape, type: json_schema, schema: {type: object}}
default_guardrails: [moderation, shape]
`;
  try {
    await withGateway({
      answer: (_, number) =>
        completion({ content: number === 0 ? "No." : '{"bad":1}' }),
      config,
    }, async (gateway) => {
      const told = await ask(gateway, "hi");
      assertEquals(codeOf(told), "content_policy_violation");
      assertEquals(webhook.asked.length, 2);
    });
  } finally {
    await webhook.close();
  }
});

/** The status of a handshake for a realtime session. */
async function shake(url: string): Promise<number> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(
    "GET /v1/realtime?model=up/m HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n" +
      "sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  ));
  const bytes = new Uint8Array(64);
  const read = await connection.read(bytes) ?? 0;
  const [, status] = new TextDecoder().decode(bytes.subarray(0, read)).split(
    " ",
  );
  return Number(status);
}

Deno.test("what no guardrail can look at reaches no model that has some", async () => {
  const config = `${CONFIG}
routes:
  - {match: free, targets: [up/m], guardrails: []}
`;
  await withGateway({ answer: well, config }, async (gateway) => {
    const { url, upstream } = gateway;
    const form = (model: string): FormData => {
      const body = new FormData();
      body.set("model", model);
      body.set("file", new Blob(["RIFF"]), "a.wav");
      return body;
    };
    const send = async (path: string, body: BodyInit): Promise<Told> => {
      const response = await fetch(url + path, { method: "POST", body });
      return { status: response.status, text: await response.text() };
    };
    for (
      const told of [
        await send("/v1/audio/transcriptions", form("up/m")),
        await send("/p/up/v1/anything", '{"prompt":"project falcon"}'),
        await send("/v1/files", form("up/m")),
        await post(gateway, "/v1/batches", { input_file_id: "file-1" }),
      ]
    ) {
      assertEquals(told.status, 400, told.text);
      assertEquals(codeOf(told), "unsupported_endpoint");
    }
    const legacy = await post(gateway, "/v1/completions", {
      model: "up/m",
      prompt: "hi",
    });
    assertEquals(codeOf(legacy), "unsupported_endpoint");
    assertEquals(await shake(url), 400);
    for (const path of ["/v1/moderations", "/v1/rerank", "/v1/audio/speech"]) {
      const told = await post(gateway, path, {
        model: "up/m",
        input: "ann@example.com",
        query: "ann@example.com",
        documents: ["a"],
      });
      assertEquals(codeOf(told), "content_policy_violation", path);
    }
    assertEquals(upstream.asked.length, 0);
    await (await fetch(`${url}/p/up/models`)).body?.cancel();
    await send("/v1/audio/transcriptions", form("free"));
    assertEquals(upstream.asked.length, 2);
  });
});

Deno.test("several answers are refused where one alone would be looked at", async () => {
  await withGateway({ answer: well, config: CONFIG }, async (gateway) => {
    assertEquals(
      codeOf(await ask(gateway, "hi", { n: 2 })),
      "unsupported_parameter",
    );
    const { status, text } = await post(
      gateway,
      "/v1beta/models/up%2Fm:generateContent",
      {
        contents: [{ role: "user", parts: [{ text: "hi" }] }],
        generationConfig: { candidateCount: 2 },
      },
    );
    assertEquals(status, 400, text);
    assertEquals(gateway.upstream.asked.length, 0);
  });
});

Deno.test("a webhook that hangs, leads elsewhere or says too much has not answered", async () => {
  const elsewhere = startAnsweringUpstream(() => json({ allowed: true }));
  const left = Promise.withResolvers<void>();
  const replies: (() => Response | Promise<Response>)[] = [
    async () => {
      await left.promise;
      return json({ allowed: true });
    },
    () => Response.redirect(elsewhere.origin, 307),
    () => json({ allowed: true, more: "x".repeat(100_000) }),
    () => json({ allowed: "true" }),
    () => json(null),
    () => new Response("{"),
    () => new Response(null, { status: 204 }),
    () => json({ allowed: true }, { status: 201 }),
  ];
  let reply = 0;
  const webhook = startAnsweringUpstream(() => replies[reply]?.() ?? well());
  const hook =
    `type: webhook, url: "${webhook.origin}/of-the-address", secret: secret-of-the-webhook-0001, timeout: 0.3`;
  const config = `
guardrails:
  - {name: strict, ${hook}}
  - {name: lax, ${hook}, fail: open, on: both}
routes:
  - {match: strict, targets: [up/m], guardrails: [strict]}
  - {match: lax, targets: [up/m], guardrails: [lax]}
`;
  try {
    await withGateway({ answer: well, config }, async (gateway) => {
      for (reply = 0; reply < replies.length; reply++) {
        const strict = await ask(gateway, "hi", { model: "strict" });
        assertEquals(strict.status, 503, strict.text);
        assertEquals(codeOf(strict), "guardrail_unavailable");
        const lax = await ask(gateway, "hi", { model: "lax" });
        assertEquals(lax.status, 200, lax.text);
      }
      left.resolve();
      assertEquals(gateway.upstream.asked.length, replies.length);
      assertEquals((await logLine(gateway, 1)).guardrails, "lax=failed_open");
      assert(!gateway.lines.join().includes("of-the-address"));
    });
    assertEquals(elsewhere.asked.length, 0);
  } finally {
    left.resolve();
    await webhook.close();
    await elsewhere.close();
  }
});

Deno.test("a client that leaves takes its question to a webhook with it", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  const webhook = startAnsweringUpstream(async ({ gone }) => {
    asked.resolve(gone);
    await new Promise<void>((resolve) =>
      gone.addEventListener("abort", () => resolve())
    );
    return json({ allowed: true });
  });
  const config = `
guardrails:
  - {name: slow, type: webhook, url: "${webhook.origin}", secret: secret-of-the-webhook-0001, timeout: 30, fail: open}
default_guardrails: [slow]
`;
  try {
    await withGateway({ answer: well, config }, async (gateway) => {
      const controller = new AbortController();
      const asking = fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"model":"up/m","messages":[{"role":"user","content":"hi"}]}',
        signal: controller.signal,
      }).then(() => false, () => true);
      await asked.promise;
      controller.abort();
      assert(await asking);
      assertEquals((await logLine(gateway)).status, 499);
      assertEquals(gateway.upstream.asked.length, 0);
    });
  } finally {
    await webhook.close();
  }
});

Deno.test("no more of an answer is held back than may be", async () => {
  const piece = "x".repeat(256 * 1024);
  async function* endless(): AsyncGenerator<string> {
    yield calling("", 1);
    for (let n = 0; n < 40; n++) {
      yield chunk({
        tool_calls: [{ index: 0, function: { arguments: piece } }],
      });
    }
    yield streamEnd("tool_calls");
  }
  const config = `
guardrails:
  - {name: words, type: deny, phrases: [project falcon]}
  - {name: shape, type: json_schema, schema: {}, repair: false}
routes:
  - {match: calls, targets: [up/m], guardrails: [words]}
  - {match: whole, targets: [up/m], guardrails: [shape]}
`;
  await withGateway({
    answer: () => eventStream(endless()),
    config,
  }, async (gateway) => {
    for (const model of ["calls", "whole"]) {
      const { text } = await ask(gateway, "hi", { model, stream: true });
      assertStringIncludes(text, "too long for the guardrails");
      assert(text.length < 10_000);
    }
  });
});

Deno.test("what a guardrail ends is cancelled at its provider, and is no fault of it", async () => {
  let left = Promise.withResolvers<void>();
  async function* talk(): AsyncGenerator<string> {
    try {
      yield chunk({ role: "assistant", content: "This is project falcon. " });
      for (;;) {
        yield chunk({ content: "More. " });
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    } finally {
      left.resolve();
    }
  }
  await withGateway({
    answer: () => eventStream(talk()),
    config: `${CONFIG}\ncircuit_breaker: {failure_threshold: 1}\n`,
  }, async (gateway) => {
    for (let n = 0; n < 3; n++) {
      left = Promise.withResolvers();
      const told = await ask(gateway, "hi", { stream: true });
      assertEquals(codeOf(told), "content_policy_violation");
      await left.promise;
    }
    assertEquals(gateway.upstream.asked.length, 3);
  });
});

Deno.test("an error of a provider before its answer is told as without guardrails", async () => {
  const answer = (): Response =>
    json({ error: { message: "No such thing", code: "nope" } }, {
      status: 400,
    });
  await withGateway({ answer, config: CONFIG }, async (gateway) => {
    for (const stream of [false, true]) {
      const told = await ask(gateway, "ann@example.com", { stream });
      assertEquals([told.status, codeOf(told)], [400, "nope"]);
    }
  });
  const empty = (): Response =>
    eventStream(event({ error: { message: "Busy", code: 529 } }));
  await withGateway({ answer: empty, config: CONFIG }, async (gateway) => {
    const told = await ask(gateway, "ann@example.com", { stream: true });
    assert(told.status >= 500, told.text);
  });
});
