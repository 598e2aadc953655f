// X2: one account at a provider serves all callers, and none of them meets another's files.
import { MemoryStateStore } from "@llm-proxy/context";
import { assert, assertEquals } from "@std/assert";
import OpenAI, { toFile } from "openai";
import { startGateway } from "./_gateway.ts";

const KEYS = {
  red: "key-of-red-8Lq2Xz5Tw",
  red2: "key-of-red2-8Lq2Xz5Tw",
  blue: "key-of-blue-8Lq2Xz5Tw",
  lone: "key-of-lone-8Lq2Xz5Tw",
  root: "key-of-root-8Lq2Xz5Tw",
};
const YAML = `
auth:
  api_keys:
    - {name: red, key: ${KEYS.red}, team: red}
    - {name: red2, key: ${KEYS.red2}, team: red}
    - {name: blue, key: ${KEYS.blue}, team: blue}
    - {name: lone, key: ${KEYS.lone}, role: operator}
    - {name: root, key: ${KEYS.root}, role: admin}
providers: [{type: mock, models: [echo]}]
`;

Deno.test("X2: files and batches are their team's alone; what is another's is answered as what is not there", async () => {
  const state = new MemoryStateStore();
  const gateway = await startGateway(YAML, undefined, undefined, { state });
  const of = (key: string): OpenAI =>
    new OpenAI({ apiKey: key, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
  const line = JSON.stringify({
    custom_id: "a",
    method: "POST",
    url: "/v1/chat/completions",
    body: { model: "echo", messages: [{ role: "user", content: "secret" }] },
  });
  try {
    const upload = async (key: string) =>
      await of(key).files.create({
        file: await toFile(new TextEncoder().encode(line), "a.jsonl"),
        purpose: "batch",
      });
    const file = await upload(KEYS.red);
    const other = await upload(KEYS.blue);
    const batch = await of(KEYS.red).batches.create({
      input_file_id: file.id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    });
    const output = batch.output_file_id ?? "";
    const ask = async (
      key: string,
      at: string,
      body?: unknown,
    ): Promise<readonly [number, string]> => {
      const [method = "", path = ""] = at.split(" ");
      const response = await fetch(gateway.url + path, {
        method,
        headers: { "x-api-key": key, "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return [response.status, text.replace(/req_\w+/, "")];
    };
    for (const key of [KEYS.blue, KEYS.lone]) {
      for (const id of [file.id, output]) {
        for (
          const at of [
            `GET /v1/files/${id}`,
            `GET /v1/files/${id}/content`,
            `DELETE /v1/files/${id}`,
          ]
        ) {
          const [status, text] = await ask(key, at);
          const [, unknown] = await ask(key, at.replace(id, "file-unknown"));
          assertEquals(status, 404, at);
          assertEquals(text.replaceAll(id, "file-unknown"), unknown);
        }
      }
      for (
        const at of [
          `GET /v1/batches/${batch.id}`,
          `POST /v1/batches/${batch.id}/cancel`,
        ]
      ) assertEquals((await ask(key, at))[0], 404, at);
      const [status] = await ask(key, "POST /v1/batches", {
        input_file_id: file.id,
        endpoint: "/v1/chat/completions",
        completion_window: "24h",
      });
      assertEquals(status, 404);
      assertEquals((await of(key).batches.list()).data, []);
    }
    const { id: fileId } = file;
    const naming: readonly (readonly [string, unknown])[] = [
      ["/v1/chat/completions", {
        messages: [{
          role: "user",
          content: [{ type: "file", file: { file_id: fileId } }],
        }],
      }],
      ["/v1/responses", {
        input: [{
          role: "user",
          content: [{ type: "input_file", file_id: fileId }],
        }],
      }],
      ["/v1/responses", {
        input: "x",
        tools: [{
          type: "code_interpreter",
          container: { type: "auto", file_ids: ["file-x", fileId] },
        }],
      }],
      ["/v1/messages", {
        max_tokens: 9,
        messages: [{
          role: "user",
          content: [{
            type: "document",
            source: { type: "file", file_id: `mock~${fileId}` },
          }],
        }],
      }],
    ];
    for (const [path, members] of naming) {
      const body = { model: "mock/echo", ...members as object };
      assertEquals((await ask(KEYS.blue, `POST ${path}`, body))[0], 404, path);
      assert((await ask(KEYS.red2, `POST ${path}`, body))[0] !== 404, path);
    }
    const ids = async (key: string): Promise<string[]> =>
      (await of(key).files.list()).data.map(({ id }) => id).sort();
    assertEquals(await ids(KEYS.blue), [other.id]);
    assertEquals(await ids(KEYS.lone), []);
    // Another key of the team, an admin, and after a restart too.
    assertEquals(await ids(KEYS.red2), [file.id, output].sort());
    assertEquals((await ids(KEYS.root)).length, 3);
    const content = await of(KEYS.red2).files.content(output);
    assert((await content.text()).includes("secret"));
    assertEquals(
      (await of(KEYS.red2).batches.retrieve(batch.id)).id,
      batch.id,
    );
    const [first] = (await of(KEYS.red).files.list({ limit: 1 })).data;
    assert(first !== undefined && [file.id, output].includes(first.id));
    assert((await of(KEYS.red2).files.delete(file.id)).deleted);
    assertEquals(await ids(KEYS.red), [output]);
    assertEquals((await ask(KEYS.root, `GET /v1/files/${output}`))[0], 200);
    assertEquals(await ids(KEYS.red), [output]);
  } finally {
    await gateway.close();
    await state.close();
  }
});
