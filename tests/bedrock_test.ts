import Anthropic from "@anthropic-ai/sdk";
import { assert, assertEquals } from "@std/assert";
import OpenAI from "openai";
import {
  ANSWER,
  frames,
  type Step,
  WHOLE,
} from "../core/dialects/bedrock/_test_frames.ts";
import { conversed, invoked, invokedEvents } from "./_bedrock_sdk.ts";
import { BedrockUpstream, loadBedrockRecordings } from "./_bedrock_upstream.ts";
import { startGateway, type TestGateway } from "./_gateway.ts";
import { ofChatStream, ofCompletion, ofMessage } from "./_summary.ts";

const encoder = new TextEncoder();
const recordings = await loadBedrockRecordings();
const ignore = recordings.length === 0;
const CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const QUESTION = { role: "user" as const, content: "Say hi" };
const ASK = { max_tokens: 16, messages: [QUESTION] };

async function withGateway(
  run: (upstream: BedrockUpstream, gateway: TestGateway) => Promise<void>,
  more = "",
): Promise<void> {
  await using upstream = await BedrockUpstream.start();
  const aws =
    "{region: eu-west-1, access_key_id: AKIAQ7W2ER5TY8UI, secret_access_key: aws-Lk7Jh6Gf}";
  const gateway = await startGateway(
    `providers: [{type: bedrock, base_url: "${upstream.origin}", max_retries: 0, aws: ${aws}${more}}]`,
  );
  try {
    await run(upstream, gateway);
  } finally {
    await gateway.close();
  }
}

function anthropic({ url }: TestGateway): Anthropic["messages"] {
  return new Anthropic({ baseURL: url, apiKey: "unused", maxRetries: 0 })
    .messages;
}

function openai({ url }: TestGateway): OpenAI["chat"]["completions"] {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0 })
    .chat.completions;
}

/** The text that is streamed to a client, whatever becomes of it. */
async function streamed(url: string, body: object): Promise<string> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, stream: true }),
  });
  return await answer.text();
}

for (const bytewise of [false, true]) {
  const how = bytewise ? "in 1-byte writes" : "in one piece";
  Deno.test({
    name:
      `E23, M12: every recorded exchange reads as Amazon's own client reads it, ${how}`,
    ignore,
    fn: () =>
      withGateway(async (upstream, gateway) => {
        const messages = anthropic(gateway);
        const model = `bedrock/${CLAUDE}`;
        for (const { name, body, stream } of recordings) {
          upstream.answer = { body, stream, bytewise };
          if (!stream) {
            const told = await messages.create({ ...ASK, model });
            assertEquals<unknown>(told, await invoked(upstream.origin), name);
            continue;
          }
          const theirs = await invokedEvents(upstream.origin);
          const told: unknown[] = [];
          for await (
            const event of await messages.create({ ...ASK, model, stream })
          ) told.push(event);
          const { "amazon-bedrock-invocationMetrics": metrics, ...last } =
            theirs.at(-1)!;
          assert(metrics !== undefined, name);
          const wanted = [...theirs.slice(0, -1), last];
          assertEquals<unknown>(
            told,
            wanted.filter(({ type }) => type !== "ping"),
            name,
          );
        }
      }),
  });

  Deno.test(`E4, M12: a Converse stream reads as Amazon's own client reads it, ${how}`, () =>
    withGateway(async (upstream, gateway) => {
      upstream.answer = { body: frames(ANSWER), stream: true, bytewise };
      const theirs = await conversed(upstream.origin, true);
      const model = `bedrock/${CLAUDE}`;
      const chat = await openai(gateway).create({
        ...ASK,
        model,
        stream: true,
        stream_options: { include_usage: true },
      });
      assertEquals(await ofChatStream(chat), theirs);
      const nova = anthropic(gateway).stream({
        ...ASK,
        model: "bedrock/amazon.nova-lite-v1:0",
      });
      assertEquals(ofMessage(await nova.finalMessage()), theirs);
    }));
}

Deno.test("E19: a whole answer of Converse reads as Amazon's own client reads it", () =>
  withGateway(async (upstream, gateway) => {
    const body = encoder.encode(JSON.stringify(WHOLE));
    upstream.answer = { body, stream: false };
    const theirs = await conversed(upstream.origin, false);
    const chat = await openai(gateway).create({
      ...ASK,
      model: `bedrock/${CLAUDE}`,
    });
    assertEquals(ofCompletion(chat), theirs);
    assertEquals(chat.model, CLAUDE);
    const nova = await anthropic(gateway).create({
      ...ASK,
      model: "bedrock/amazon.nova-lite-v1:0",
    });
    assertEquals(ofMessage(nova), theirs);
  }));

Deno.test({
  name: "U6, L4: no recorded stream that is cut looks complete",
  ignore,
  fn: () =>
    withGateway(async (upstream, gateway) => {
      const [first] = recordings.filter(({ stream }) => stream);
      const { body } = first!;
      const ask = { ...ASK, model: `bedrock/${CLAUDE}` };
      // Behind each frame, and in the middle of each.
      const ends = frameEnds(body);
      for (const end of ends.slice(0, -1)) {
        for (const cut of [end, end + 20]) {
          upstream.answer = { body: body.subarray(0, cut), stream: true };
          const text = await streamed(`${gateway.url}/v1/messages`, ask);
          assert(!text.includes("message_stop"), `${cut}: ${text}`);
          assert(!/"stop_reason":\s*"/.test(text), `${cut}: ${text}`);
          assert(/"type":\s*"error"/.test(text), `${cut}: ${text}`);
        }
      }
    }),
});

Deno.test("U6, L4: no Converse stream that is cut looks complete", () =>
  withGateway(async (upstream, gateway) => {
    const body = frames(ANSWER);
    const ask = { ...ASK, model: `bedrock/${CLAUDE}` };
    // Without the counts at its end the answer is whole (E9).
    const ends = frameEnds(body).slice(0, -2);
    for (const end of [0, ...ends]) {
      for (const cut of end === 0 ? [5] : [end, end + 20]) {
        if (cut > ends.at(-1)!) continue;
        upstream.answer = { body: body.subarray(0, cut), stream: true };
        const text = await streamed(`${gateway.url}/v1/chat/completions`, ask);
        assert(!text.includes("[DONE]"), `${cut}: ${text}`);
        assert(!/"finish_reason":\s*"/.test(text), `${cut}: ${text}`);
        assert(/"error":\s*\{/.test(text), `${cut}: ${text}`);
      }
    }
  }));

Deno.test("E4: a stream with a damaged frame ends in an error", () =>
  withGateway(async (upstream, gateway) => {
    const body = frames(ANSWER);
    body[Math.floor(body.length / 2)]! ^= 1;
    upstream.answer = { body, stream: true };
    const text = await streamed(`${gateway.url}/v1/chat/completions`, {
      ...ASK,
      model: `bedrock/${CLAUDE}`,
    });
    assert(text.includes("upstream_invalid_response"), text);
    assert(!text.includes("[DONE]"), text);
  }));

Deno.test("E5: an exception in the stream is an error in the client's dialect, and a status where nothing has been said", () =>
  withGateway(async (upstream, gateway) => {
    const failed: Step = ["modelStreamErrorException", {
      message: "The model broke",
    }];
    upstream.answer = {
      body: frames([...ANSWER.slice(0, 7), failed]),
      stream: true,
    };
    const ask = { ...ASK, model: `bedrock/${CLAUDE}` };
    const chat = await streamed(`${gateway.url}/v1/chat/completions`, ask);
    assert(/data: \{"error":\{"message":"The model broke"/.test(chat), chat);
    assert(!chat.includes("[DONE]"), chat);
    const nova = { ...ask, model: "bedrock/amazon.nova-lite-v1:0" };
    const messages = await streamed(`${gateway.url}/v1/messages`, nova);
    assert(messages.includes("event: error"), messages);
    upstream.answer = {
      body: frames([ANSWER[0]!, ["throttlingException", { message: "Slow" }]]),
      stream: true,
    };
    const early = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...ask, stream: true }),
    });
    assertEquals(early.status, 429);
    await early.body?.cancel();
  }));

Deno.test("E3: a status 200 that is an error is one, for a stream too", () =>
  withGateway(async (upstream, gateway) => {
    upstream.answer = {
      body: encoder.encode(
        `{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}`,
      ),
      stream: false,
    };
    for (const stream of [false, true]) {
      const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...ASK, model: "bedrock/a/b", stream }),
      });
      assertEquals(answer.status, 502);
      await answer.body?.cancel();
    }
  }));

Deno.test("E1, E2: requests are signed, with the model's id escaped once, and the secret goes nowhere", () =>
  withGateway(async (upstream, gateway) => {
    const body = encoder.encode(JSON.stringify(WHOLE));
    upstream.answer = { body, stream: false };
    const arn =
      "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2";
    await openai(gateway).create({ ...ASK, model: `bedrock/${arn}` });
    const [request] = upstream.requests;
    assertEquals(
      request?.path,
      `/model/${encodeURIComponent(arn)}/converse`,
    );
    const authorization = request?.headers.get("authorization") ?? "";
    assert(
      /^AWS4-HMAC-SHA256 Credential=AKIAQ7W2ER5TY8UI\/\d{8}\/eu-west-1\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=[0-9a-f]{64}$/
        .test(authorization),
      authorization,
    );
    assert(!`${request?.head}${request?.body}`.includes("aws-Lk7Jh6Gf"));
  }));

Deno.test("E1: a key is sent as it is, without a signature", () =>
  withGateway(async (upstream, gateway) => {
    const body = encoder.encode(JSON.stringify(WHOLE));
    upstream.answer = { body, stream: false };
    await openai(gateway).create({ ...ASK, model: `bedrock/${CLAUDE}` });
    const { headers } = upstream.requests[0]!;
    assertEquals(headers.get("authorization"), "Bearer bdr-Vb6Nm5Zx");
    assertEquals(headers.has("x-amz-date"), false);
  }, ", api_key: bdr-Vb6Nm5Zx"));

Deno.test({
  name:
    "E23: a Messages request goes to a Claude as it came, without model and stream, with the version in its body",
  ignore,
  fn: () =>
    withGateway(async (upstream, gateway) => {
      const recording = recordings.find(({ name }) =>
        name.includes("/tool.yaml")
      )!;
      upstream.answer = recording;
      const { anthropic_version: version, ...recorded } = recording.request;
      const asked = {
        ...recorded,
        metadata: { user_id: "u" },
        odd: { "cache_control": [1.50] },
      } as unknown as Anthropic.MessageCreateParamsNonStreaming;
      await anthropic(gateway).create(
        { ...asked, model: `bedrock/${CLAUDE}` },
        {
          headers: {
            "anthropic-beta":
              "interleaved-thinking-2025-05-14,claude-code-20250219",
          },
        },
      );
      const { body, path } = upstream.requests[0]!;
      assertEquals(path, `/model/${encodeURIComponent(CLAUDE)}/invoke`);
      assertEquals(JSON.parse(body), {
        ...asked,
        anthropic_version: version,
        anthropic_beta: ["interleaved-thinking-2025-05-14"],
      });
    }),
});

/** Where each frame ends. */
function frameEnds(body: Uint8Array): number[] {
  const view = new DataView(body.buffer, body.byteOffset);
  const ends: number[] = [];
  for (let at = 0; at < body.length;) {
    at += view.getUint32(at);
    ends.push(at);
  }
  return ends;
}
