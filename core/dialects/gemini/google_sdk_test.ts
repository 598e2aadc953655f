import { assert, assertEquals } from "@std/assert";
import { type GenerateContentResponse, GoogleGenAI } from "@google/genai";
import type { AnswerPart, FinishClass, Usage } from "../../answer.ts";
import { SseParser } from "../../sse_parser.ts";
import { collectParts } from "../_collect_parts.ts";
import { hasRecordings, readRecordings } from "./_test_recordings.ts";
import { decodeAnswer } from "./decode_answer.ts";
import { GeminiStreamDecoder } from "./decode_stream.ts";

const ignore = !hasRecordings();
const note = ignore ? " (skipped: no recordings here)" : "";

/** What both decoders are compared by. */
interface Reading {
  readonly text: string;
  readonly thought: string;
  readonly calls: readonly string[];
  readonly signatures: readonly string[];
  readonly finish: string;
  readonly usage: readonly (number | undefined)[];
}

function bySdk(responses: readonly GenerateContentResponse[]): Reading {
  const candidates = responses.flatMap((response) => response.candidates ?? []);
  const parts = candidates.flatMap(({ content }) => content?.parts ?? []);
  const calls = responses.flatMap((response) => response.functionCalls ?? []);
  const said = (wanted: boolean): string =>
    parts.filter(({ thought = false }) => thought === wanted)
      .map(({ text = "" }) => text).join("");
  const finish = candidates.at(-1)?.finishReason;
  const { usageMetadata: usage } = responses.at(-1)!;
  return {
    text: said(false),
    thought: said(true),
    calls: calls.map(({ name, args }) => name + JSON.stringify(args)),
    signatures: parts.flatMap(({ thoughtSignature }) => thoughtSignature ?? []),
    finish: finish !== "STOP" ? String(finish) : calls.length ? "tool" : "stop",
    usage: [usage?.promptTokenCount, usage?.totalTokenCount],
  };
}

function byUs(
  { parts, finish, usage }: {
    readonly parts: readonly AnswerPart[];
    readonly finish: FinishClass;
    readonly usage?: Usage | undefined;
  },
): Reading {
  const said = (type: "text" | "reasoning"): string =>
    parts.map((part) => part.type === type ? part.text : "").join("");
  return {
    text: said("text"),
    thought: said("reasoning"),
    calls: parts.flatMap((part) =>
      part.type === "tool_call" ? [part.name + part.arguments] : []
    ),
    signatures: parts.flatMap((part) =>
      "signature" in part && part.signature ? [part.signature] : []
    ),
    finish,
    usage: [usage?.input, usage?.total],
  };
}

function decodeStream(bytes: Uint8Array): Reading {
  const decoder = new GeminiStreamDecoder();
  const records = new SseParser().push(bytes);
  const events = [
    ...records.flatMap((record) => decoder.push(record)),
    ...decoder.end(),
  ];
  const last = events.at(-1);
  assert(last?.type === "finish");
  const usages = events.filter((event) => event.type === "usage");
  return byUs({
    parts: collectParts(events),
    finish: last.finish,
    usage: usages.at(-1)?.usage,
  });
}

Deno.test({
  name:
    `D2, D4, D9, D12, D13, D19, D24: Google's own SDK reads the same of every recording${note}`,
  ignore,
  async fn() {
    let body = "";
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        await request.body?.cancel();
        const type = body.startsWith("data:")
          ? "text/event-stream"
          : "application/json";
        return new Response(body, { headers: { "content-type": type } });
      },
    );
    const client = new GoogleGenAI({
      apiKey: "k",
      httpOptions: { baseUrl: `http://127.0.0.1:${server.addr.port}` },
    });
    const request = { model: "gemini-x", contents: "Hi" };
    let count = 0;
    for (const recording of readRecordings()) {
      count++;
      body = recording.body;
      const bytes = new TextEncoder().encode(body);
      const isStream = body.startsWith("data:");
      const responses = isStream
        ? await Array.fromAsync(
          await client.models.generateContentStream(request),
        )
        : [await client.models.generateContent(request)];
      const ours = isStream ? decodeStream(bytes) : byUs(decodeAnswer(bytes));
      assertEquals(ours, bySdk(responses), recording.name);
    }
    assert(count >= 80);
  },
});
