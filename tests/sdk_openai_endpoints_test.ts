import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import OpenAI, { toFile } from "openai";
import { onDenoServe, onNode, startGateway } from "./_gateway.ts";
import { startPlainUpstream } from "./_plain_upstream.ts";
import { logLine, withMock } from "./_with_gateway.ts";

function sdk(url: string): OpenAI {
  return new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: "key-of-the-caller-0000",
    maxRetries: 0,
  });
}

Deno.test("an OpenAI client gets images, edited ones and variations", async () => {
  await withMock(async (gateway) => {
    const { images } = sdk(gateway.url);
    const image = await toFile(new Uint8Array(3000), "a.png", {
      type: "image/png",
    });
    const answers = [
      await images.generate({ model: "mock/echo", prompt: "a cat", n: 2 }),
      await images.edit({ model: "mock/echo", prompt: "a dog", image }),
      await images.createVariation({ model: "mock/echo", image }),
    ];
    assertEquals(answers.map(({ data }) => data?.length), [2, 1, 1]);
    for (const { data } of answers) assert(data?.[0]?.b64_json);
    const line = await logLine(gateway);
    assertEquals([line.provider, line.input_tokens, line.output_tokens], [
      "mock",
      2,
      2,
    ]);
    assertEquals(line.route, "/v1/images/generations");
  });
});

Deno.test("an OpenAI client gets speech, transcriptions and translations", async () => {
  await withMock(async ({ url }) => {
    const { audio } = sdk(url);
    const speech = await audio.speech.create({
      model: "mock/echo",
      voice: "alloy",
      input: "Hello there",
    });
    assertEquals(speech.headers.get("content-type"), "audio/wav");
    const bytes = await speech.bytes();
    assertEquals(new TextDecoder().decode(bytes.subarray(0, 4)), "RIFF");
    assertEquals(bytes.byteLength, 44 + 11 * 400);
    const file = await toFile(bytes, "a.wav", { type: "audio/wav" });
    const heard = await audio.transcriptions.create({
      model: "mock/echo",
      file,
    });
    assertMatch(heard.text, /recording/);
    const translated = await audio.translations.create({
      model: "mock/echo",
      file,
    });
    assertMatch(translated.text, /recording/);
    const events = await audio.transcriptions.create({
      model: "mock/echo",
      file,
      stream: true,
    });
    const types: string[] = [];
    for await (const { type } of events) types.push(type);
    assertEquals(types, ["transcript.text.delta", "transcript.text.done"]);
  });
});

Deno.test("an OpenAI client gets moderations, and a Cohere client ranks", async () => {
  await withMock(async ({ url }) => {
    const { results } = await sdk(url).moderations.create({
      model: "mock/echo",
      input: ["peace", "violence"],
    });
    assertEquals(results.map(({ flagged }) => flagged), [false, true]);
    for (const path of ["/v1/rerank", "/v2/rerank"]) {
      const response = await fetch(url + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "mock/echo",
          query: "warm rome",
          documents: ["cold oslo", "rome is warm"],
          top_n: 1,
        }),
      });
      const { results } = await response.json();
      assertEquals(results, [{ index: 1, relevance_score: 1 }]);
    }
  });
});

Deno.test("an OpenAI client stores files, and has them worked on in a batch", async () => {
  await withMock(async ({ url }) => {
    const { files, batches } = sdk(url);
    const ask = {
      model: "echo",
      messages: [{ role: "user", content: "ping 42" }],
    };
    const line = {
      custom_id: "a",
      method: "POST",
      url: "/v1/chat/completions",
      body: ask,
    };
    const file = await files.create({
      file: await toFile(
        new TextEncoder().encode(JSON.stringify(line)),
        "a.jsonl",
      ),
      purpose: "batch",
    });
    const batch = await batches.create({
      input_file_id: file.id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    });
    assertEquals(batch.status, "completed");
    assertEquals((await batches.retrieve(batch.id)).id, batch.id);
    const output = await files.content(batch.output_file_id ?? "");
    const answer = JSON.parse(await output.text());
    assertEquals(
      answer.response.body.choices[0].message.content,
      "ping 42",
    );
    assertEquals((await files.list()).data.length, 2);
    assert((await files.delete(file.id)).deleted);
    await assertRejects(() => files.retrieve(file.id), OpenAI.NotFoundError);
    await assertRejects(
      () => files.retrieve("../models"),
      OpenAI.BadRequestError,
      "no id",
    );
  });
});

const TWO = (origin: string): string =>
  `providers:
  - {name: a, type: openai, api_key: key-of-provider-a, base_url: "${origin}/a/v1"}
  - {name: b, type: groq, api_key: key-of-provider-b, base_url: "${origin}/b/v1"}
  - {name: claude, type: anthropic, api_key: key-of-provider-c, base_url: "${origin}/c/v1"}
`;

Deno.test("ids of files name their provider where there are several, and lead back to it", async () => {
  await using upstream = startPlainUpstream(({ path }) =>
    Response.json(
      path.endsWith("/files")
        ? { object: "list", data: [{ id: "file-1" }], first_id: "file-1" }
        : { id: "batch_1", input_file_id: "file-1", output_file_id: null },
    )
  );
  const gateway = await startGateway(TWO(upstream.origin));
  try {
    const { files, batches } = sdk(gateway.url);
    await assertRejects(
      () => files.list(),
      OpenAI.BadRequestError,
      "x-llm-proxy-provider",
    );
    const list = await files.list({}, {
      headers: { "x-llm-proxy-provider": "b" },
    });
    assertEquals(list.data.map(({ id }) => id), ["b~file-1"]);
    const batch = await batches.create({
      input_file_id: "b~file-1",
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    });
    assertEquals([batch.id, batch.input_file_id], ["b~batch_1", "b~file-1"]);
    await batches.cancel(batch.id);
    const asked = upstream.asked.map(({ method, path, text, headers }) => [
      method,
      path,
      text.includes("b~"),
      headers.get("authorization"),
    ]);
    const key = "Bearer key-of-provider-b";
    assertEquals(asked, [
      ["GET", "/b/v1/files", false, key],
      ["POST", "/b/v1/batches", false, key],
      ["POST", "/b/v1/batches/batch_1/cancel", false, key],
    ]);
    await assertRejects(
      () => files.retrieve("claude~file-1"),
      OpenAI.BadRequestError,
    );
  } finally {
    await gateway.close();
  }
});

Deno.test("a request never goes to a provider that lacks the endpoint: 400 unsupported_endpoint", async () => {
  await using upstream = startPlainUpstream(() => Response.json({}));
  const gateway = await startGateway(TWO(upstream.origin));
  try {
    const client = sdk(gateway.url);
    const file = await toFile(new Uint8Array(10), "a.wav");
    const calls = [
      () => client.images.generate({ model: "b/x", prompt: "a cat" }),
      () => client.moderations.create({ model: "claude/x", input: "a" }),
      () => client.embeddings.create({ model: "b/x", input: "a" }),
      () => client.audio.transcriptions.create({ model: "claude/x", file }),
    ];
    for (const call of calls) {
      const error = await assertRejects(call, OpenAI.BadRequestError);
      assertEquals(error.code, "unsupported_endpoint");
    }
    assertEquals(upstream.asked.length, 0);
  } finally {
    await gateway.close();
  }
});

for (
  const [name, listening] of [["node:http", onNode], [
    "Deno.serve",
    onDenoServe,
  ]] as const
) {
  Deno.test(`a form passes byte for byte but for the model's name, on ${name}`, async () => {
    await using upstream = startPlainUpstream(() =>
      Response.json({ text: "x" })
    );
    const gateway = await startGateway(TWO(upstream.origin), listening);
    try {
      for (const size of [10, 3_000_000]) {
        const part = (name: string, value: string): string =>
          `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
        const sound = "s\r\n-".repeat(size / 4 | 0);
        for (const first of [true, false]) {
          const form = (model: string): string =>
            (first
              ? part("model", model) + part("file", sound)
              : part("file", sound) + part("model", model)) +
            part("language", "it") + "--b--\r\n";
          const response = await fetch(
            `${gateway.url}/v1/audio/transcriptions`,
            {
              method: "POST",
              headers: { "content-type": "multipart/form-data; boundary=b" },
              body: form("a/whisper-1"),
            },
          );
          assertEquals(await response.json(), { text: "x" });
          const asked = upstream.asked.at(-1);
          assert(asked?.text === form("whisper-1"), `${size} ${first}`);
          assertEquals(
            asked?.headers.get("content-length"),
            String(asked?.text.length),
          );
        }
      }
    } finally {
      await gateway.close();
    }
  });
}
