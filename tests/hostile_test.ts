/**
 * Whatever a client or a provider sends: no crash, no hang, no fault of the
 * gateway's own. The suite tries some, `deno task test:hostile` 10,000 of each.
 *
 * @module
 */

import { assert } from "@std/assert";
import { createApp, defaultConfig } from "@llm-proxy/api";
import {
  GatewayError,
  LossReport,
  parseJsonDocument,
  ProviderFactory,
  type StreamTranslator,
  UpstreamError,
} from "@llm-proxy/core";
import { translateConversation } from "@llm-proxy/core/dialects";
import fc from "fast-check";
import {
  chatRequest,
  geminiRequest,
  messagesRequest,
  responsesRequest,
} from "../core/dialects/_test_wire_requests.ts";
import { MessagesPassStream } from "../core/dialects/anthropic/pass_stream.ts";
import { GeminiPassStream } from "../core/dialects/gemini/pass_stream.ts";
import { ChatPassStream } from "../core/dialects/openai_chat/pass_stream.ts";
import { ResponsesPassStream } from "../core/dialects/openai_responses/pass_stream.ts";
import { RecodedStream } from "../core/recoded_stream.ts";
import { sseFraming } from "../core/stream_framing.ts";
import { mutateJson, mutateText } from "./_mutations.ts";
import { CLIENTS, type ReplayClient } from "./_replay_clients.ts";
import { FAMILIES, type Family } from "./_replay_families.ts";
import { seeded } from "./_respell.ts";
import { UNRECORDED } from "./_unrecorded_families.ts";

const RUNS = Deno.env.get("HOSTILE") === "full" ? 10_000 : 400;
/** One in so many requests is broken as text, not as JSON. */
const TEXTS = 4;
const encoder = new TextEncoder();

const REQUESTS = new Map([
  ["Chat", chatRequest],
  ["Responses", responsesRequest],
  ["Messages", messagesRequest],
  ["Gemini", geminiRequest],
]);
const PATHS = new Map([
  ["Chat", "/v1/chat/completions"],
  ["Responses", "/v1/responses"],
  ["Messages", "/v1/messages"],
  ["Gemini", "/v1beta/models/mock/echo:generateContent"],
]);

/** The bodies of broken requests of one dialect. */
function* brokenRequests({ name }: ReplayClient): Generator<string> {
  const random = seeded(name.length * 7919);
  const samples = fc.sample(REQUESTS.get(name)!, {
    numRuns: 200,
    seed: 42,
  });
  for (let run = 0; run < RUNS; run++) {
    const sample = { ...samples[run % samples.length], model: "mock/echo" };
    const { stream: _, ...request } = sample as Record<string, unknown>;
    yield run % TEXTS === 0
      ? mutateText(JSON.stringify(request), random)
      : JSON.stringify(mutateJson(request, random)) ?? "null";
  }
}

for (const client of CLIENTS) {
  Deno.test(`K17: broken ${client.name} requests are answered, or refused by name`, async () => {
    const app = createApp(defaultConfig());
    const statuses = new Map<number, number>();
    for (const body of brokenRequests(client)) {
      const answer = await app.fetch(
        new Request(`http://localhost${PATHS.get(client.name)}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
        }),
      );
      const { status } = answer;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const text = await answer.text();
      assert(status < 500, `${status}: ${body} → ${text}`);
      if (status === 400) {
        const told =
          /"code":"([a-z_]+)"|"error_code":"([a-z_]+)"|"reason":"([A-Z_]+)"/
            .exec(text);
        assert(told, text);
        const isJson = /invalid_json/i.test(told[0]);
        assert(
          isJson || /"param":"|"field":"/.test(text),
          `no field: ${body} → ${text}`,
        );
      }
    }
    await app.close();
    // deno-lint-ignore no-console
    console.log(`${RUNS} broken ${client.name} requests:`, statuses);
    assert((statuses.get(200) ?? 0) > 0 && (statuses.get(400) ?? 0) > 0);
  });

  Deno.test(`K17: broken ${client.name} requests become others', or are refused by name`, () => {
    const factory = new ProviderFactory();
    const providers = ["groq", "anthropic", "gemini", "mistral"].map((type) =>
      factory.create({ name: type, type: type as "groq" })
    );
    factory.close();
    const models = ["claude-opus-4-6", "gemini-3-pro", "gpt-5", "x"];
    let run = 0;
    let carried = 0;
    for (const text of brokenRequests(client)) {
      const provider = providers[run % providers.length]!;
      const model = models[run++ % models.length]!;
      try {
        const document = parseJsonDocument(encoder.encode(text));
        client.dialect.check(document);
        const { request } = translateConversation(document, {
          client: client.dialect,
          deployment: { provider, model },
          stream: false,
          includeUsage: false,
          losses: new LossReport(),
        });
        JSON.parse(request.body);
        carried++;
      } catch (error) {
        assert(error instanceof GatewayError, `${text} → ${error}`);
        assert(error.status === 400, `${text} → ${error}`);
        assert(
          error.param !== undefined || error.code === "invalid_json",
          `no field: ${text} → ${error}`,
        );
      }
    }
    assert(carried > 0);
  });
}

/** What a provider might send, as it was recorded, and as it was not. */
function streamsOf({ name, recordings }: Family): string[] {
  const recorded = FAMILIES.find((family) => family.name === name)?.recordings;
  return [...recorded ?? [], ...recordings].filter(({ stream }) => stream)
    .map(({ body }) => body).filter(({ length }) => length < 20_000);
}

for (const family of UNRECORDED) {
  Deno.test(`U7, M13: broken ${family.name} streams are read, or faults of the provider`, () => {
    const random = seeded(family.name.length * 104_729);
    const streams = streamsOf(family);
    let whole = 0;
    let broken = 0;
    for (let run = 0; run < RUNS; run++) {
      const stream = mutateStream(streams[run % streams.length]!, random);
      const client = CLIENTS[run % CLIENTS.length]!;
      if (reads(family, { client, stream, random })) whole++;
      else broken++;
    }
    // deno-lint-ignore no-console
    console.log(
      `${RUNS} broken ${family.name} streams: ${whole} read, ${broken} refused`,
    );
    assert(broken > 0);
  });
}

/** A stream with some of its events, or of its text, changed. */
function mutateStream(stream: string, random: () => number): string {
  if (random() < 0.4) return mutateText(stream, random);
  // Events have a line of their own, be it the only one.
  const mark = stream.startsWith("{") ? "\n" : "\ndata: ";
  const pieces = stream.split(mark);
  const at = Math.floor(random() * pieces.length);
  return pieces.map((piece, index) => {
    if (index !== at) return piece;
    const end = piece.indexOf("\n");
    const data = end < 0 ? piece : piece.slice(0, end);
    try {
      return JSON.stringify(mutateJson(JSON.parse(data), random)) +
        piece.slice(data.length);
    } catch {
      return piece;
    }
  }).join(mark);
}

/** The way of a stream whose client speaks the provider's dialect. */
function passing({ name }: ReplayClient): StreamTranslator {
  switch (name) {
    case "Chat":
      return new ChatPassStream({ includeUsage: true });
    case "Responses":
      return new ResponsesPassStream();
    case "Messages":
      return new MessagesPassStream();
  }
  return new GeminiPassStream();
}

/** Has a client hear a stream; says whether it was read to its end. */
function reads(
  { name, dialect, own }: Family,
  { client, stream, random }: {
    readonly client: ReplayClient;
    readonly stream: string;
    readonly random: () => number;
  },
): boolean {
  const losses = new LossReport();
  const body = encoder.encode(JSON.stringify({ model: "m", input: "x" }));
  const request = parseJsonDocument(body);
  const { framing = sseFraming } = dialect;
  // No client speaks Cohere's or Ollama's dialect.
  const isOwn = client === own && FAMILIES.some((it) => it.name === name);
  const translator = isOwn ? passing(own) : new RecodedStream(
    dialect.streamDecoder(losses),
    client.dialect.streamEncoder({ includeUsage: true, request }, losses),
  );
  let text = "";
  try {
    const parser = framing.parser();
    const bytes = encoder.encode(stream);
    const cut = Math.floor(random() * bytes.length);
    for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
      for (const event of parser.push(piece)) text += translator.push(event);
    }
    for (const event of parser.end()) text += translator.push(event);
    if (!translator.done) text += translator.end();
  } catch (error) {
    assert(
      error instanceof UpstreamError,
      `${error}: ${stream.slice(0, 2000)}`,
    );
    // What passes may have words of an end in any place.
    assert(isOwn || !client.ending.test(text), text.slice(-300));
    const told = translator.fail?.(error, "req_1") ??
      client.dialect.encodeStreamError(error, "req_1");
    assert(told.includes("data: "));
    return false;
  }
  assert(translator.done);
  return true;
}
