import { assertEquals, assertRejects } from "@std/assert";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { UpstreamError } from "./errors.ts";
import { listModels } from "./list_models.ts";
import { ProviderFactory } from "./provider_factory.ts";

type Answer = readonly [status: number, body: string];

/** Lists the models of a provider whose server answers as told. */
async function list(
  type: string,
  answer: (url: string) => Answer,
): Promise<{ readonly ids: string[]; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const [status, body] = answer(request.url ?? "");
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  const factory = new ProviderFactory();
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  try {
    const models = await listModels(
      factory.create({ name: "p", type, baseUrl }),
      { signal: new AbortController().signal },
    );
    return { ids: models.map(({ id }) => id), asked };
  } finally {
    factory.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

Deno.test("listModels() reads OpenAI's list and a bare array, passing over odd rows", async () => {
  const rows = [{ id: "a", created: 1, owned_by: "o" }, null, {}, { id: 1 }, 2];
  for (const body of [{ object: "list", data: rows }, rows]) {
    const { ids } = await list(
      "openai_compatible",
      () => [200, JSON.stringify(body)],
    );
    assertEquals(ids, ["a"]);
  }
});

Deno.test("listModels() reads every page of Anthropic's list", async () => {
  const { ids, asked } = await list("anthropic", (url) => [
    200,
    JSON.stringify(
      url.includes("after_id=b%2F1")
        ? { data: [{ id: "c" }], has_more: false, last_id: "c" }
        : {
          data: [{ id: "a" }, { id: "b/1" }],
          has_more: true,
          last_id: "b/1",
        },
    ),
  ]);
  assertEquals(ids, ["a", "b/1", "c"]);
  assertEquals(asked.length, 2);
});

Deno.test("D28: listModels() reads every page of Google's list", async () => {
  const { ids, asked } = await list("gemini", (url) => [
    200,
    JSON.stringify(
      url.includes("pageToken=n%2F1") ? { models: [{ name: "models/b" }] } : {
        models: [
          {
            name: "models/a",
            supportedGenerationMethods: ["generateContent"],
          },
          { name: "models/x", supportedGenerationMethods: ["predict"] },
        ],
        nextPageToken: "n/1",
      },
    ),
  ]);
  assertEquals(ids, ["a", "b"]);
  assertEquals(asked, [
    "/v1/models?pageSize=1000",
    "/v1/models?pageSize=1000&pageToken=n%2F1",
  ]);
});

Deno.test("listModels() ends with a provider whose pages never do", async () => {
  const { asked } = await list("anthropic", () => [
    200,
    '{"data": [{"id": "a"}], "has_more": true, "last_id": "a"}',
  ]);
  assertEquals(asked.length, 20);
});

Deno.test("listModels() rejects what is no list", async () => {
  const answers: readonly Answer[] = [
    [200, "<html>"],
    [200, "null"],
    [200, '{"data": 1}'],
    [401, '{"data": []}'],
    [204, ""],
  ];
  for (const answer of answers) {
    await assertRejects(
      () => list("openai_compatible", () => answer),
      UpstreamError,
      "did not list its models",
    );
  }
});
