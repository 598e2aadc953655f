import { assert, assertEquals, assertRejects } from "@std/assert";
import OpenAI from "openai";
import {
  eventStream,
  json,
  startAnsweringUpstream,
} from "./_answering_upstream.ts";
import { startGateway, type TestGateway } from "./_gateway.ts";
import { loadRecordings, type Recording } from "./_recordings.ts";
import { replayTests } from "./_replay.ts";
import { ofChatStream, ofCompletion, type Summary } from "./_summary.ts";

const ASK = { messages: [{ role: "user" as const, content: "Hi" }] };
const COMPLETION = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-4.1-mini-2025-04-14",
  choices: [{
    index: 0,
    message: { role: "assistant", content: "Hi" },
    finish_reason: "stop",
  }],
  usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
};

const azure = await loadRecordings((url) => url.includes(".openai.azure.com/"));

/** Decodes an answer with the `openai` SDK. */
async function decode(
  baseURL: string,
  { request, stream }: Recording,
  model: string,
): Promise<Summary> {
  const client = new OpenAI({ baseURL, apiKey: "unused", maxRetries: 0 });
  const body = {
    ...request,
    model,
  } as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming;
  if (!stream) {
    return ofCompletion(
      await client.chat.completions.create({ ...body, stream: false }),
    );
  }
  return ofChatStream(
    await client.chat.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    }),
  );
}

replayTests({
  family: "Azure chat",
  recordings: azure.filter(({ url }) => url.endsWith("/chat/completions")),
  provider: "name: az, type: azure_openai, api_key: replayed-key-0000",
  terminator: "data: [DONE]",
  expected: (origin, recording) => decode(`${origin}/now`, recording, "m"),
  actual: (url, recording) => decode(`${url}/v1`, recording, "az/m"),
  ask: ({ request }) => ({ ...request, model: "az/m" }),
});

/** What the `openai` SDK reads of a response: text, calls, thought and counts. */
async function respond(
  baseURL: string,
  { request, stream }: Recording,
  model: string,
): Promise<Summary> {
  const client = new OpenAI({ baseURL, apiKey: "unused", maxRetries: 0 });
  const body: OpenAI.Responses.ResponseCreateParamsNonStreaming = {
    ...request,
    model,
    stream: false,
  };
  const response = stream
    ? await client.responses.stream({ ...body, stream: true }).finalResponse()
    : await client.responses.create(body);
  const { output, usage, status } = response;
  return {
    text: response.output_text,
    reasoning: output.flatMap((item) =>
      item.type === "reasoning" ? item.summary.map(({ text }) => text) : []
    ).join(""),
    toolCalls: output.flatMap((item) =>
      item.type === "function_call"
        ? [{ name: item.name, arguments: JSON.parse(item.arguments) }]
        : []
    ),
    finish: status ?? "",
    usage: usage && {
      input: usage.input_tokens,
      cached: usage.input_tokens_details.cached_tokens,
      output: usage.output_tokens,
    },
  };
}

Deno.test({
  name:
    "F2: every recorded response of Azure reads alike with and without the gateway",
  ignore: azure.length === 0,
  async fn() {
    const responses = azure.filter(({ url }) => url.endsWith("/responses"));
    assertEquals(responses.length, 16);
    let current = responses[0]!;
    const upstream = startAnsweringUpstream(() =>
      new Response(current.body, {
        headers: { "content-type": current.contentType },
      })
    );
    const gateway = await startGateway(
      `providers: [{name: az, type: azure_openai, api_key: az-key-0000a, base_url: "${upstream.origin}/openai/v1"}]`,
    );
    try {
      for (current of responses) {
        const direct = await respond(`${upstream.origin}/v1`, current, "m");
        const through = await respond(`${gateway.url}/v1`, current, "az/m");
        assertEquals(through, direct, current.name);
        const { path, headers, body } = upstream.asked.at(-1)!;
        assertEquals(path, "/openai/v1/responses");
        assertEquals(headers["api-key"], "az-key-0000a");
        assertEquals(body.model, "m");
      }
    } finally {
      await gateway.close();
      await upstream.close();
    }
  },
});

/** Runs with a gateway in front of an Azure that answers so. */
async function withAzure(
  answer: Parameters<typeof startAnsweringUpstream>[0],
  run: (
    gateway: TestGateway,
    upstream: ReturnType<typeof startAnsweringUpstream>,
  ) => Promise<void>,
  more = "",
): Promise<void> {
  const upstream = startAnsweringUpstream(answer);
  const entry = (name: string) =>
    `{name: ${name}, type: azure_openai, api_key: az-key-0000a, base_url: "${upstream.origin}/${name}/openai${more}}`;
  const gateway = await startGateway(`
providers: [${entry("one")}, ${entry("two")}]
routes: [{match: both, targets: [one/m, two/m]}]
`);
  try {
    await run(gateway, upstream);
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

function client({ url }: TestGateway): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0 });
}

const DATED = '", api_version: 2025-04-01-preview';
const V1 = '/v1"';

Deno.test("F1: the dated API has deployment and version in the address, also of the Responses API, and the key in its header", () =>
  withAzure(
    ({ path }) =>
      path.includes("/responses")
        ? json({
          id: "resp_1",
          object: "response",
          status: "completed",
          output: [],
        })
        : json(COMPLETION),
    async (gateway, upstream) => {
      await client(gateway).chat.completions.create({
        ...ASK,
        model: "one/my gpt",
      });
      await client(gateway).responses.create({
        input: "Hi",
        model: "one/my gpt",
      });
      assertEquals(upstream.asked.map(({ path }) => path), [
        "/one/openai/deployments/my%20gpt/chat/completions?api-version=2025-04-01-preview",
        "/one/openai/responses?api-version=2025-04-01-preview",
      ]);
      assertEquals(upstream.asked[1]?.body.model, "my gpt");
      for (const { headers } of upstream.asked) {
        assertEquals(headers["api-key"], "az-key-0000a");
        assertEquals(headers.authorization, undefined);
      }
    },
    DATED,
  ));

Deno.test("F3, F4: a first chunk without choices is no usage and no error, and verdicts on content are kept", () => {
  const chunk = (more: object) =>
    `data: ${
      JSON.stringify({
        id: "chatcmpl-1",
        object: "chat.completion.chunk",
        created: 1,
        model: "gpt-4.1",
        ...more,
      })
    }\n\n`;
  const verdict = { hate: { filtered: false, severity: "safe" } };
  const body = chunk({
    id: "",
    model: "",
    created: 0,
    choices: [],
    prompt_filter_results: [{
      prompt_index: 0,
      content_filter_results: verdict,
    }],
  }) +
    chunk({
      choices: [{
        index: 0,
        delta: { role: "assistant", content: "Hi" },
        content_filter_results: verdict,
        finish_reason: null,
      }],
    }) +
    chunk({
      choices: [{ index: 0, delta: {}, finish_reason: "content_filter" }],
    }) + "data: [DONE]\n\n";
  return withAzure(() => eventStream(body), async (gateway) => {
    const chunks = await Array.fromAsync(
      await client(gateway).chat.completions.create({
        ...ASK,
        model: "one/m",
        stream: true,
      }),
    );
    assertEquals(
      chunks.flatMap(({ choices }) => choices)
        .map(({ delta }) => delta.content ?? "").join(""),
      "Hi",
    );
    assertEquals(
      chunks.at(-1)?.choices[0]?.finish_reason,
      "content_filter",
    );
    assertEquals(new Set(chunks.map(({ id }) => id)), new Set(["chatcmpl-1"]));
    const told = chunks.flatMap(({ choices }) => choices)[0];
    assert(told !== undefined && "content_filter_results" in told);
    assertEquals<unknown>(told.content_filter_results, verdict);
  }, V1);
});

Deno.test("F5: a blocked prompt is the caller's error, asked of no other deployment, with what was found in it", () => {
  const innererror = {
    code: "ResponsibleAIPolicyViolation",
    content_filter_result: { violence: { filtered: true, severity: "high" } },
  };
  return withAzure(
    () =>
      json({
        error: {
          message: "The response was filtered",
          type: null,
          param: "prompt",
          code: "content_filter",
          status: 400,
          innererror,
        },
      }, { status: 400 }),
    async (gateway, upstream) => {
      const error = await assertRejects(
        () =>
          client(gateway).chat.completions.create({ ...ASK, model: "both" }),
        OpenAI.BadRequestError,
      );
      assertEquals([error.code, error.param], ["content_filter", "prompt"]);
      assertEquals(
        (error.error as Record<string, unknown>).innererror,
        innererror,
      );
      assertEquals(upstream.asked.length, 1);
    },
    V1,
  );
});

Deno.test("F6: errors are told by their status, whatever the form of their code", () => {
  const errors = [
    [
      404,
      "DeploymentNotFound",
      "The API deployment for this resource does not exist.",
      404,
    ],
    [
      429,
      "RateLimitReached",
      "Requests to the API have exceeded rate limit.",
      429,
    ],
    [429, "429", "Requests have exceeded call rate limit.", 429],
    [
      400,
      "OperationNotSupported",
      "The chatCompletion operation does not work with the specified model.",
      400,
    ],
  ] as const;
  let answer: (typeof errors)[number] = errors[0];
  return withAzure(
    () =>
      json({ error: { code: answer[1], message: answer[2] } }, {
        status: answer[0],
      }),
    async (gateway) => {
      for (answer of errors) {
        const error = await assertRejects(
          () =>
            client(gateway).chat.completions.create({ ...ASK, model: "one/m" }),
          OpenAI.APIError,
        );
        assertEquals(error.status, answer[3], answer[1]);
      }
    },
    `${V1}, max_retries: 0`,
  );
});

Deno.test("F6, K3: a refused key of the gateway's own is told as such, and other deployments are asked", () =>
  withAzure(
    ({ path }) =>
      path.startsWith("/one")
        ? json({
          error: {
            code: "401",
            message:
              "Access denied due to invalid subscription key az-key-0000a",
          },
        }, { status: 401 })
        : json(COMPLETION),
    async (gateway, upstream) => {
      const { model } = await client(gateway).chat.completions.create({
        ...ASK,
        model: "both",
      });
      assertEquals(model, COMPLETION.model);
      assertEquals(upstream.asked.length, 2);
      const error = await assertRejects(
        () =>
          client(gateway).chat.completions.create({ ...ASK, model: "one/m" }),
        OpenAI.APIError,
      );
      assert(!error.message.includes("az-key-0000a"), error.message);
    },
    V1,
  ));

Deno.test("F9: the model that a router chose is the one that answered", () =>
  withAzure(() => json(COMPLETION), async (gateway) => {
    await client(gateway).chat.completions.create({
      ...ASK,
      model: "one/model-router",
    });
    assertEquals(gateway.log[0]?.answered_by, COMPLETION.model);
  }, V1));

Deno.test("F8: a remaining count below zero goes to the caller as it is, and stops nothing", () =>
  withAzure(
    () =>
      json(COMPLETION, { headers: { "x-ratelimit-remaining-tokens": "-1" } }),
    async (gateway, upstream) => {
      for (let i = 0; i < 3; i++) {
        await client(gateway).chat.completions.create({
          ...ASK,
          model: "one/m",
        });
      }
      assertEquals(upstream.asked.length, 3);
    },
    V1,
  ));

Deno.test("F10: thought of other makers' models is kept", () => {
  const [choice] = COMPLETION.choices;
  const message = { ...choice!.message, reasoning_content: "So" };
  return withAzure(
    () => json({ ...COMPLETION, choices: [{ ...choice, message }] }),
    async (gateway) => {
      const { choices } = await client(gateway).chat.completions.create({
        ...ASK,
        model: "one/DeepSeek-R1",
      });
      assertEquals<unknown>(choices[0]?.message, message);
    },
    V1,
  );
});
