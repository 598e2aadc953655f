/**
 * Ids of files that name their provider, as `/v1/files` gives them out where
 * several providers have files, in conversations of every dialect.
 *
 * @module
 */

import Anthropic from "@anthropic-ai/sdk";
import { assert, assertEquals, assertRejects } from "@std/assert";
import OpenAI from "openai";
import {
  type Asked,
  json,
  startAnsweringUpstream,
} from "./_answering_upstream.ts";
import { startGateway, type TestGateway } from "./_gateway.ts";
import { RESPONSES } from "./_responses_speaker.ts";
import { ANTHROPIC, CHAT, says } from "./_speakers.ts";

const KEY = "key-of-the-caller-0000";
const SAID = { text: "It is a table" };

interface Rig extends TestGateway {
  /** Requests to models, by the provider that got them. */
  readonly asked: readonly (readonly [provider: string, asked: Asked])[];
}

/** Two accounts with files of their own, a Claude, and a route over the accounts. */
async function withAccounts(use: (rig: Rig) => Promise<void>): Promise<void> {
  const asked: [string, Asked][] = [];
  const upstream = startAnsweringUpstream((one, number) => {
    const [, provider = "", ...rest] = one.path.split("/");
    if (rest.at(-1) === "files") {
      return json({ id: `file-of-${provider}`, object: "file", bytes: 1 });
    }
    asked.push([provider, one]);
    const speaker = provider === "claude"
      ? ANTHROPIC
      : rest.at(-1) === "responses"
      ? RESPONSES
      : CHAT;
    return says(speaker, SAID)(one, number);
  });
  const entry = (name: string, type: string): string =>
    `{name: ${name}, type: ${type}, api_key: key-of-${name}-0000000, max_retries: 0, base_url: "${upstream.origin}/${name}/v1"}`;
  const gateway = await startGateway(`
auth: {api_keys: [{name: me, key: ${KEY}}]}
providers: [${entry("one", "openai")}, ${entry("two", "openai")}, ${
    entry("claude", "anthropic")
  }]
routes: [{match: any, targets: [one/gpt-4.1, two/gpt-4.1]}]
`);
  try {
    await use({ ...gateway, asked });
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

/** Uploads a file to a provider and gives the id that came back. */
async function upload(url: string, provider: string): Promise<string> {
  const { id } = await new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: KEY,
    defaultHeaders: { "x-llm-proxy-provider": provider },
  }).files.create({ file: new File(["x"], "x.pdf"), purpose: "user_data" });
  return id;
}

type Ask = (model: string, ...ids: string[]) => [path: string, body: object];

/** Requests that name files, by the field of the first. */
const ASKS: Readonly<Record<string, Ask>> = {
  "messages[0].content[0].file.file_id": (model, ...ids) => [
    "/v1/chat/completions",
    {
      model,
      seed: 1,
      messages: [{
        role: "user",
        content: ids.map((id) => ({ type: "file", file: { file_id: id } })),
      }],
    },
  ],
  "input[0].content[0].file_id": (model, ...ids) => ["/v1/responses", {
    model,
    store: false,
    input: [{
      role: "user",
      content: ids.map((id) => ({ type: "input_file", file_id: id })),
    }],
  }],
  "tools[0].container.file_ids[0]": (model, ...ids) => ["/v1/responses", {
    model,
    store: false,
    input: "Sum it up",
    tools: [{
      type: "code_interpreter",
      container: { type: "auto", file_ids: ids },
    }],
  }],
  "messages[0].content[0].source.file_id": (model, ...ids) => ["/v1/messages", {
    model,
    max_tokens: 64,
    messages: [{
      role: "user",
      content: ids.map((id) => ({
        type: "document",
        source: { type: "file", file_id: id },
      })),
    }],
  }],
  "contents[0].parts[0].fileData.fileUri": (model, ...ids) => [
    `/v1beta/models/${encodeURIComponent(model)}:generateContent`,
    {
      contents: [{
        role: "user",
        parts: ids.map((fileUri) => ({
          fileData: { mimeType: "application/pdf", fileUri },
        })),
      }],
    },
  ],
};

async function send(
  url: string,
  [path, body]: [string, object],
): Promise<[number, string]> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-api-key": KEY,
    },
    body: JSON.stringify(body),
  });
  return [response.status, await response.text()];
}

for (const [field, ask] of Object.entries(ASKS)) {
  Deno.test(`${field}: a file goes under its own id to the provider that has it, and to no other`, async () => {
    await withAccounts(async ({ url, asked }) => {
      for (const name of ["one", "two"]) {
        const id = await upload(url, name);
        assertEquals(id, `${name}~file-of-${name}`);
        for (const model of ["any", `${name}/gpt-4.1`]) {
          const [status, text] = await send(url, ask(model, id));
          assertEquals(status, 200, text);
          const [provider, { text: sent }] = asked.at(-1)!;
          assertEquals(provider, name);
          assert(sent.includes(`"file-of-${name}"`), sent);
        }
      }
      const count = asked.length;
      for (const model of ["one/gpt-4.1", "claude/claude-sonnet-4-5"]) {
        const [status, text] = await send(url, ask(model, "two~file-of-two"));
        assertEquals(status, 400, text);
        assert(text.includes(field), text);
      }
      const both = ["one~file-of-one", "two~file-of-two"];
      const [mixed, text] = await send(url, ask("any", ...both));
      assertEquals(mixed, 400, text);
      assert(text.includes("[1]"), text);
      const [nowhere] = await send(url, ask("any", "three~file-of-three"));
      assertEquals(nowhere, 400);
      assertEquals(asked.length, count);
    });
  });
}

Deno.test("M15: what a program keeps by a file's id for itself stays as it is", async () => {
  await withAccounts(async ({ url, asked }) => {
    const own = { file_id: "one~file-of-one", big: 9 };
    const args = JSON.stringify(own);
    const [status, text] = await send(url, ["/v1/chat/completions", {
      model: "any",
      metadata: { file_id: "two~file-of-two" },
      messages: [
        { role: "user", content: "file_id one~file-of-one" },
        {
          role: "assistant",
          tool_calls: [{
            id: "c1",
            type: "function",
            function: { name: "f", arguments: args },
          }],
        },
        { role: "tool", tool_call_id: "c1", content: args },
        {
          role: "user",
          content: [{ type: "file", file: { file_id: "one~file-of-one" } }],
        },
      ],
    }]);
    assertEquals(status, 200, text);
    const [provider, { body }] = asked.at(-1)!;
    assertEquals(provider, "one");
    assertEquals(body.messages[0].content, "file_id one~file-of-one");
    assertEquals(body.messages[1].tool_calls[0].function.arguments, args);
    assertEquals(body.messages[2].content, args);
    assertEquals(body.messages[3].content[0].file.file_id, "file-of-one");
    assertEquals(body.metadata, { file_id: "two~file-of-two" });
  });
});

Deno.test("M15: Claude's tool input with a file's id passes as it is, and tokens are counted without marks", async () => {
  await withAccounts(async ({ url, asked }) => {
    const client = new Anthropic({ baseURL: url, apiKey: KEY, maxRetries: 0 });
    const input = { file_id: "one~file-of-one" };
    await client.messages.create({
      model: "claude/claude-sonnet-4-5",
      max_tokens: 64,
      tools: [{ name: "f", input_schema: { type: "object" } }],
      messages: [
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          content: [{ type: "tool_use", id: "t1", name: "f", input }],
        },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "t1", content: "x" }],
        },
      ],
    });
    const [provider, { body }] = asked.at(-1)!;
    assertEquals(provider, "claude");
    assertEquals(body.messages[1].content[0].input, input);
    const source = { type: "file", file_id: "two~file-of-two" };
    const ask = (model: string) =>
      client.post("/v1/messages/count_tokens", {
        body: {
          model,
          messages: [{ role: "user", content: [{ type: "document", source }] }],
        },
      });
    await ask("any");
    const error = await assertRejects(() => ask("one/gpt-4.1"));
    assert(error instanceof Anthropic.BadRequestError);
    assert(error.message.includes("source.file_id"), error.message);
  });
});
