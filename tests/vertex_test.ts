import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { exportPKCS8, generateKeyPair, jwtVerify } from "jose";
import OpenAI from "openai";
import { json, startAnsweringUpstream } from "./_answering_upstream.ts";
import { startGateway, type TestGateway } from "./_gateway.ts";
import { loadRecordings } from "./_recordings.ts";
import { replayTests } from "./_replay.ts";
import {
  ofChatStream,
  ofCompletion,
  ofGenerated,
  ofMessage,
  type Summary,
} from "./_summary.ts";

const QUESTION = { role: "user" as const, content: "What's the weather?" };
const PROVIDER =
  "name: gv, type: vertex, api_key: replayed-key-0000, google: {project: p}";

const recordings =
  (await loadRecordings((url) => url.includes("aiplatform.googleapis.com/")))
    .filter(({ status }) => status === 200);

/** What the `openai` SDK reads from the gateway. */
async function chat(
  url: string,
  { model, stream }: { readonly model: string; readonly stream: boolean },
): Promise<Summary> {
  const client = new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: "unused",
    maxRetries: 0,
  });
  const ask = { model, messages: [QUESTION] };
  if (!stream) return ofCompletion(await client.chat.completions.create(ask));
  return ofChatStream(
    await client.chat.completions.create({
      ...ask,
      stream: true,
      stream_options: { include_usage: true },
    }),
  );
}

/** What Anthropic's SDK reads at an address. */
async function messages(
  baseURL: string,
  { model, stream }: { readonly model: string; readonly stream: boolean },
): Promise<Summary> {
  const client = new Anthropic({ baseURL, apiKey: "unused", maxRetries: 0 });
  const ask = { model, max_tokens: 16, messages: [QUESTION] };
  return ofMessage(
    stream
      ? await client.messages.stream(ask).finalMessage()
      : await client.messages.create(ask),
  );
}

replayTests({
  family: "Vertex Gemini",
  recordings: recordings.filter(({ url }) => url.includes("/google/models/")),
  provider: PROVIDER,
  terminator: '"finishReason"',
  async expected(origin, { stream }) {
    const client = new GoogleGenAI({
      apiKey: "unused",
      httpOptions: { baseUrl: `${origin}/now` },
    });
    const ask = { model: "m", contents: QUESTION.content };
    return ofGenerated(
      stream
        ? await Array.fromAsync(await client.models.generateContentStream(ask))
        : [await client.models.generateContent(ask)],
    );
  },
  actual: (url, { stream }) => chat(url, { model: "gv/gemini-m", stream }),
  ask: () => ({ model: "gv/gemini-m", messages: [QUESTION] }),
});

const claude = recordings.filter(({ url }) => url.includes("/anthropic/"));

replayTests({
  family: "Vertex Claude, as Messages",
  recordings: claude,
  provider: PROVIDER,
  path: "/v1/messages",
  terminator: "event: message_stop",
  expected: (origin, { stream }) =>
    messages(`${origin}/now`, { model: "m", stream }),
  actual: (url, { stream }) => messages(url, { model: "gv/claude-m", stream }),
  ask: () => ({ model: "gv/claude-m", max_tokens: 16, messages: [QUESTION] }),
});

replayTests({
  family: "Vertex Claude, as chat",
  recordings: claude,
  provider: PROVIDER,
  terminator: "event: message_stop",
  expected: (origin, { stream }) =>
    messages(`${origin}/now`, { model: "m", stream }),
  actual: (url, { stream }) => chat(url, { model: "gv/claude-m", stream }),
  ask: () => ({ model: "gv/claude-m", messages: [QUESTION] }),
});

const MESSAGE = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5-20250929",
  content: [{ type: "text", text: "Hi" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 1 },
};
const GENERATED = {
  candidates: [{
    content: { role: "model", parts: [{ text: "Hi" }] },
    finishReason: "STOP",
  }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1 },
  modelVersion: "gemini-2.5-flash",
};

/** Runs a gateway whose Vertex and whose token service are simulated, with a real key. */
async function withVertex(
  run: (
    gateway: TestGateway,
    asked: ReturnType<typeof startAnsweringUpstream>["asked"],
    tokens: { count: number },
  ) => Promise<void>,
  answer: Parameters<typeof startAnsweringUpstream>[0] = ({ path }) =>
    json(
      path.includes(":predict")
        ? {
          predictions: [{
            embeddings: { values: [0.5], statistics: { token_count: 2 } },
          }],
        }
        : path.includes("anthropic")
        ? MESSAGE
        : GENERATED,
    ),
): Promise<void> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", {
    extractable: true,
  });
  const tokens = { count: 0 };
  const tokenServer = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const form = new URLSearchParams(await request.text());
      await jwtVerify(form.get("assertion") ?? "", publicKey, {
        audience: request.url,
      });
      tokens.count++;
      return json({ access_token: `ya29.${tokens.count}`, expires_in: 3600 });
    },
  );
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(
    file,
    JSON.stringify({
      type: "service_account",
      client_email: "gateway@acme.iam.gserviceaccount.com",
      private_key: await exportPKCS8(privateKey),
      token_uri: `http://127.0.0.1:${tokenServer.addr.port}/token`,
    }),
  );
  const upstream = startAnsweringUpstream(answer);
  const base = `${upstream.origin}/v1/projects/p/locations/global`;
  const gateway = await startGateway(
    `providers: [{name: gv, type: vertex, max_retries: 0, base_url: "${base}", google: {project: p, credentials_file: "${file}"}}]`,
  );
  try {
    await run(gateway, upstream.asked, tokens);
  } finally {
    await gateway.close();
    await upstream.close();
    await tokenServer.shutdown();
    await Deno.remove(file);
  }
}

Deno.test("D29: a service account's token is fetched once, and models are asked at their publisher's path", () =>
  withVertex(async ({ url }, asked, tokens) => {
    await Promise.all([
      chat(url, { model: "gv/gemini-2.5-flash", stream: false }),
      chat(url, { model: "gv/claude-sonnet-4-5@20250929", stream: false }),
      messages(url, { model: "gv/claude-sonnet-4-5@20250929", stream: false }),
      chat(url, { model: "gv/endpoints/123", stream: false }),
    ]);
    const at = "/v1/projects/p/locations/global";
    assertEquals(asked.map(({ path }) => path).sort(), [
      `${at}/endpoints/123:generateContent`,
      `${at}/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict`,
      `${at}/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict`,
      `${at}/publishers/google/models/gemini-2.5-flash:generateContent`,
    ]);
    assertEquals(tokens.count, 1);
    for (const { headers, path, body } of asked) {
      assertEquals(headers.authorization, "Bearer ya29.1");
      if (!path.includes("anthropic")) continue;
      assertEquals(body.anthropic_version, "vertex-2023-10-16");
      assertEquals(["model" in body, headers["anthropic-version"]], [
        false,
        undefined,
      ]);
    }
  }));

Deno.test("D29: embeddings are asked for by predict", () =>
  withVertex(async ({ url }, asked) => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused" });
    const { data, usage } = await client.embeddings.create({
      model: "gv/text-embedding-005",
      input: "Hi",
      dimensions: 256,
      encoding_format: "float",
    });
    assertEquals(data[0]?.embedding, [0.5]);
    assertEquals(usage.prompt_tokens, 2);
    const [{ path, body }] = asked as [(typeof asked)[number]];
    assert(
      path.endsWith("/publishers/google/models/text-embedding-005:predict"),
    );
    assertEquals(body, {
      instances: [{ content: "Hi" }],
      parameters: { outputDimensionality: 256 },
    });
  }));

const HI = [{ role: "user" as const, content: "Hi" }];
const PUBLISHERS = "/v1/projects/p/locations/global/publishers";

/** Has tokens of a Claude counted for a Messages client. */
function countClaude(
  url: string,
  model: string,
  tools: Anthropic.MessageCountTokensTool[] = [],
) {
  const client = new Anthropic({
    baseURL: url,
    apiKey: "unused",
    maxRetries: 0,
  });
  return client.messages.countTokens({
    model: `gv/${model}`,
    messages: HI,
    tools,
  }).withResponse();
}

Deno.test("C37, D29: Vertex AI counts the tokens of Claudes at one address, by their bare names", () =>
  withVertex(async ({ url }, asked) => {
    const search = { type: "web_search_20250305", name: "web_search" } as const;
    const { data } = await countClaude(url, "claude-sonnet-4-5@20250929", [
      search,
    ]);
    assertEquals(data.input_tokens, 14);
    const [{ path, body, headers }] = asked as [(typeof asked)[number]];
    assertEquals(
      path,
      `${PUBLISHERS}/anthropic/models/count-tokens:rawPredict`,
    );
    assertEquals(body, {
      model: "claude-sonnet-4-5",
      messages: HI,
      tools: [search],
    });
    assertEquals(headers["anthropic-beta"], undefined);
    const google = new GoogleGenAI({
      apiKey: "unused",
      httpOptions: { baseUrl: url },
    });
    const { totalTokens } = await google.models.countTokens({
      model: "gv/claude-opus-4-6@default",
      contents: "Hi",
    });
    assertEquals([totalTokens, asked[1]?.body.model], [14, "claude-opus-4-6"]);
  }, () => json({ input_tokens: 14 })));

Deno.test("C37, N8: where Vertex AI does not count the tokens of a Claude they are estimated", async () => {
  const refusals = [
    [404, "Publisher Model was not found"],
    [400, "claude-x is not supported for token counting"],
  ] as const;
  for (const [status, message] of refusals) {
    await withVertex(
      async ({ url }, asked) => {
        const { data, response } = await countClaude(url, "claude-x");
        assert(data.input_tokens > 0);
        assertEquals(
          response.headers.get("x-llm-proxy-loss"),
          "approximated: input_tokens (estimated)",
        );
        assertEquals(asked.length, 1);
      },
      () =>
        json({
          type: "error",
          error: { type: "invalid_request_error", message },
        }, { status }),
    );
  }
});

Deno.test("C37, D29: Vertex AI counts the tokens of Gemini without the wrapping that the Gemini API has", () =>
  withVertex(async ({ url }, asked) => {
    const path = "/v1beta/models/gv%2Fgemini-2.5-flash:countTokens";
    const contents = [{ role: "user", parts: [{ text: "Hi" }] }];
    const request = {
      contents,
      systemInstruction: { parts: [{ text: "Be brief." }] },
      tools: [{ functionDeclarations: [{ name: "f" }] }],
      generationConfig: { responseMimeType: "application/json" },
    };
    for (
      const body of [request, {
        generateContentRequest: {
          model: "models/gv/gemini-2.5-flash",
          ...request,
          safetySettings: [],
        },
      }]
    ) {
      const response = await fetch(url + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      assertEquals((await response.json()).totalTokens, 31);
      assertEquals(
        asked.at(-1)?.path,
        `${PUBLISHERS}/google/models/gemini-2.5-flash:countTokens`,
      );
      assertEquals(asked.at(-1)?.body, request);
    }
  }, () => json({ totalTokens: 31, totalBillableCharacters: 96 })));

Deno.test("D27, D29: errors are told by the platform's words and by the model's own", () =>
  withVertex(
    async ({ url }) => {
      const quota = await assertRejects(
        () => chat(url, { model: "gv/claude-x", stream: false }),
        OpenAI.RateLimitError,
      );
      assertEquals(quota.status, 429);
      const own = await assertRejects(
        () => messages(url, { model: "gv/claude-bad", stream: false }),
        Anthropic.BadRequestError,
      );
      assert(own.message.includes("max_tokens"), own.message);
      await assertRejects(
        () => chat(url, { model: "gv/gemini-x", stream: false }),
        OpenAI.NotFoundError,
      );
    },
    ({ path }) =>
      path.includes("claude-bad")
        ? json({
          type: "error",
          error: { type: "invalid_request_error", message: "max_tokens: no" },
        }, { status: 400 })
        : path.includes("claude")
        ? json([{
          error: { code: 429, message: "Quota", status: "RESOURCE_EXHAUSTED" },
        }], { status: 429 })
        : json({
          error: { code: 404, message: "No such model", status: "NOT_FOUND" },
        }, { status: 404 }),
  ));

Deno.test("E24: a token that Google refuses is fetched anew, once", () =>
  withVertex(async ({ url }, asked, tokens) => {
    const answer = await chat(url, { model: "gv/gemini-x", stream: false });
    assertEquals(answer.text, "Hi");
    assertEquals(asked.map(({ headers }) => headers.authorization), [
      "Bearer ya29.1",
      "Bearer ya29.2",
    ]);
    assertEquals(tokens.count, 2);
  }, ({ headers }) =>
    headers.authorization === "Bearer ya29.1"
      ? json({
        error: { code: 401, message: "Expired", status: "UNAUTHENTICATED" },
      }, { status: 401 })
      : json(GENERATED)));
