import { assert, assertEquals } from "@std/assert";
import { createApp, listen, parseConfig } from "@llm-proxy/api";
import { eventStream } from "./_answering_upstream.ts";
import {
  CHAT_USAGE,
  chatStream,
  chunk,
  completionBody,
  streamEnd,
} from "./_chat_answers.ts";
import { startGateway } from "./_gateway.ts";
import { event, messageEvents } from "./_message_answers.ts";
import { startReplayUpstream } from "./_replay_upstream.ts";
import { ANTHROPIC, withGateway } from "./_with_gateway.ts";

const MESSAGES = [{ role: "user", content: "hi" }];
const HI = chunk({ role: "assistant", content: "Hi" });

async function post(url: string, more: object = {}): Promise<Response> {
  return await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "up/up-1",
      messages: MESSAGES,
      stream: true,
      ...more,
    }),
  });
}

/** The text of a stream's content, which must have come to its end. */
function contentOf(stream: string): string {
  assert(stream.endsWith("data: [DONE]\n\n"), stream);
  let content = "";
  for (const line of stream.split("\n")) {
    if (!line.startsWith("data: {")) continue;
    const { choices: [choice] } = JSON.parse(line.slice(6));
    content += choice?.delta.content ?? "";
  }
  return content;
}

Deno.test("L10: each event of a paced provider is with the client before the next one is sent", async () => {
  const turns = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  async function* paced(): AsyncGenerator<string> {
    yield HI;
    for (const [i, { promise }] of turns.entries()) {
      await promise;
      yield chunk({ content: `${i}` });
    }
    yield streamEnd();
  }
  const answer = () => eventStream(paced());
  await withGateway({ answer }, async ({ url }) => {
    const { body } = await post(url);
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const until = async (wanted: string): Promise<void> => {
      while (!text.includes(wanted)) {
        const { value, done } = await reader.read();
        assert(!done, `The stream ended before ${wanted}`);
        text += value;
      }
    };
    await until('"Hi"');
    for (const [i, { resolve }] of turns.entries()) {
      resolve();
      await until(`"content":"${i}"`);
    }
    await until("[DONE]");
    await reader.cancel();
    assertEquals(contentOf(text), "Hi0123");
  });
});

Deno.test("L11: a stream's headers are those of a stream", async () => {
  const answer = () => chatStream([{ content: "Hi" }]);
  await withGateway({ answer }, async ({ url }) => {
    const { headers, body } = await post(url);
    await body?.cancel();
    assertEquals(headers.get("content-type"), "text/event-stream");
    assertEquals(headers.get("cache-control"), "no-cache, no-store");
    assertEquals(headers.get("content-length"), null);
    assertEquals(headers.get("content-encoding"), null);
  });
});

Deno.test("L13: a stream that is under way comes to its end when the listener closes", async () => {
  const config = parseConfig("providers: [{type: mock}]\n", {
    file: "t.yaml",
    env: () => undefined,
  });
  assert(config.ok);
  const app = createApp(config.config);
  const listener = await listen(app, { ...config.config.server, port: 0 });
  const { body } = await post(listener.url, {
    model: "mock/slow-1-20",
    messages: [{ role: "user", content: "one two three four five" }],
  });
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  const first = await reader.read();
  const closed = listener.close(10_000);
  let text = first.value ?? "";
  for (let piece = await reader.read(); !piece.done;) {
    text += piece.value;
    piece = await reader.read();
  }
  assertEquals(contentOf(text), "one two three four five");
  await closed;
  await app.close();
});

Deno.test("J1, M6: comments of a provider that is at work are no content and no fault", async () => {
  const busy = ": OPENROUTER PROCESSING\n\n";
  const body = busy + busy + HI + busy + chunk({ content: "!" }) +
    streamEnd() + busy;
  const answer = () => eventStream(body);
  await withGateway({ answer }, async ({ url }) => {
    const text = await (await post(url)).text();
    assertEquals(contentOf(text), "Hi!");
    assert(!text.includes("PROCESSING"));
  });
});

Deno.test("M1, M5, M8, M10, C34: a stream in any spelling reads the same", async () => {
  const plain = HI + chunk({ content: " there" }) + streamEnd();
  const spellings = [
    plain,
    plain.replaceAll("\n", "\r\n"),
    plain.replaceAll("\n", "\r"),
    plain.replaceAll("data: ", "data:"),
    `\ufeff${plain}`,
    plain.replaceAll("data: ", "id: 7\u0000\nretry: 5\nodd: x\ndata: "),
    plain.replaceAll("}\n\n", "}  \t\n\n"),
  ];
  await withGateway(
    { answer: (_, number) => eventStream(spellings[number] ?? "") },
    async ({ url }) => {
      for (const [i] of spellings.entries()) {
        const text = await (await post(url)).text();
        assertEquals(contentOf(text), "Hi there", `spelling ${i}`);
      }
    },
  );
});

Deno.test("M2, M12: text of any script is the same in 1-byte writes, in both dialects", async () => {
  const said = "Grüße, 世界 👩‍👩‍👧 \u2028 e\u0301 🇺🇳!";
  const chat = chunk({ role: "assistant", content: said }) + streamEnd();
  const bodies: [string, string, string][] = [
    ["name: up, type: openai_compatible", "up/up-1", chat],
    [
      ANTHROPIC,
      "claude/claude-sonnet-4-5",
      messageEvents([{ type: "text", text: said }]),
    ],
  ];
  for (const [provider, model, body] of bodies) {
    const upstream = await startReplayUpstream();
    const gateway = await startGateway(
      `providers: [{${provider}, base_url: "${upstream.origin}/now"}]\n`,
    );
    try {
      const contentType = "text/event-stream";
      upstream.serve("now", { contentType, body, bytewise: true });
      const text = await (await post(gateway.url, { model })).text();
      assertEquals(contentOf(text), said);
    } finally {
      await gateway.close();
      await upstream.close();
    }
  }
});

Deno.test("M7: a last line without its end counts if it is whole, and is a cut if not", async () => {
  const whole = HI + streamEnd().trimEnd();
  const bodies = [whole, whole.slice(0, -1), whole.slice(0, -14)];
  await withGateway(
    { answer: (_, number) => eventStream(bodies[number] ?? "") },
    async ({ url }) => {
      assertEquals(contentOf(await (await post(url)).text()), "Hi");
      for (const _ of bodies.slice(1)) {
        const text = await (await post(url)).text();
        assert(text.includes('"error":') && !text.includes("[DONE]"), text);
        assert(!text.includes('"stop"'));
      }
    },
  );
});

Deno.test("M13: an event that is no JSON ends the stream as failed, after what came before it", async () => {
  const answer = () => eventStream(`${HI}data: {"id":\n\n${streamEnd()}`);
  await withGateway({ answer }, async ({ url }) => {
    const text = await (await post(url)).text();
    assert(text.includes('"Hi"') && !text.includes("[DONE]"));
    assert(text.includes('"code":"upstream_invalid_response"'));
  });
});

Deno.test("M20: what a body is is seen in it, not in its label", async () => {
  const stream = HI + streamEnd();
  const labels = [
    "text/event-stream; charset=utf-8",
    "TEXT/EVENT-STREAM",
    "application/json",
    "application/octet-stream",
    "",
  ];
  await withGateway({
    answer: ({ body }, number) => {
      const type = labels[number >> 1] ?? "";
      const text = body.stream
        ? stream
        : JSON.stringify(completionBody({ content: "Hi" }));
      // Bytes, since text would get a label of its own.
      return new Response(new TextEncoder().encode(text), {
        headers: type === "" ? {} : { "content-type": type },
      });
    },
  }, async ({ url }) => {
    for (const label of labels) {
      const text = await (await post(url)).text();
      assertEquals(contentOf(text), "Hi", label);
      const whole = await post(url, { stream: false });
      assertEquals(whole.headers.get("content-type"), "application/json");
      assertEquals((await whole.json()).choices[0].message.content, "Hi");
    }
  });
});

Deno.test("M15, M16: numbers and spaces in a whole answer and in a request are the same bytes behind the gateway", async () => {
  const odd =
    `"arguments":"{ \\"id\\":12345678901234567890.10 ,\\"b\\" : 1e400}"`;
  const answerText =
    `{"id":"c","object":"chat.completion","created":1,"model":"m",` +
    `"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f",${odd}}}]},"finish_reason":"tool_calls"}],"n":12345678901234567890.10}`;
  const askText =
    `{ "n_extra" : 12345678901234567890.10, "model":"up/up-1", "messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f",${odd}}}]},{"role":"tool","tool_call_id":"a","content":"\\u00e9"}] }`;
  const answer = () =>
    new Response(answerText, { headers: { "content-type": "text/json" } });
  await withGateway({ answer }, async ({ url, upstream }) => {
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: askText,
    });
    assertEquals(await answer.text(), answerText);
    assertEquals(
      upstream.asked[0]?.text,
      askText.replace("up/up-1", "up-1"),
    );
  });
});

Deno.test("C28, C30, C33, C34: anthropic: pings, doubled starts, padding and late counts change nothing for a chat client", async () => {
  const told = messageEvents([{ type: "text", text: "Hello there" }]);
  const [start = "", ...rest] = told.split(/(?=event: content_block_)/);
  const ping = event("ping", {});
  const answer = () =>
    eventStream(
      (ping + start + start + rest.join(ping)).replaceAll(
        /^data: (.*)$/gm,
        "data:   $1 \t ",
      ),
    );
  await withGateway({ provider: ANTHROPIC, answer }, async ({ url }) => {
    const text = await (await post(url, {
      model: "claude/claude-sonnet-4-5",
      stream_options: { include_usage: true },
    })).text();
    assertEquals(contentOf(text), "Hello there");
    assertEquals(text.split('"role"').length, 2);
    assert(text.includes('"prompt_tokens":60,"completion_tokens":7,'));
  });
});

Deno.test("A18: counts that ride on the finish come in a chunk of their own", async () => {
  const riding = chunk({}, "stop", { usage: CHAT_USAGE });
  const answer = () => eventStream(`${HI}${riding}data: [DONE]\n\n`);
  await withGateway({ answer }, async ({ url }) => {
    const asked = { stream_options: { include_usage: true } };
    const events = (await (await post(url, asked)).text()).split("\n\n")
      .filter((event) => event.startsWith("data: {"))
      .map((event) => JSON.parse(event.slice(6)));
    assertEquals(
      events.map(({ choices, usage }) => [choices.length, usage ?? null]),
      [[1, null], [1, null], [0, CHAT_USAGE]],
    );
  });
});
