import { assert, assertEquals } from "@std/assert";
import { parseJsonDocument } from "../../json_document.ts";
import { LossReport } from "../../loss_report.ts";
import { ProviderFactory } from "../../provider_factory.ts";
import { SseParser } from "../../sse_parser.ts";
import { translateChat, type Translation } from "../../translation.ts";
import {
  hasRecordings,
  readRecordings,
  type Recording,
} from "./_test_recordings.ts";
import "../mod.ts";

const ignore = !hasRecordings();
const note = ignore ? " (skipped: no recordings here)" : "";
const encoder = new TextEncoder();

interface RawRequest {
  readonly contents: readonly { readonly parts: readonly RawPart[] }[];
  readonly systemInstruction?: { readonly parts: readonly RawPart[] };
  readonly tools?: readonly [{
    readonly functionDeclarations: readonly {
      readonly name: string;
      readonly description: string;
      readonly parameters: object;
    }[];
  }];
  readonly toolConfig?: object;
  readonly generationConfig: {
    readonly maxOutputTokens?: number;
    readonly thinkingConfig?: { readonly thinkingBudget?: number };
  };
}

interface RawPart {
  readonly text?: string;
  readonly functionResponse?: { readonly response: { result: string } };
}

interface Call {
  readonly id: string;
  readonly index: number;
  readonly function: { name: string; arguments: string };
}

interface Reply {
  role: "assistant";
  content: string | null;
  extra_content?: unknown;
  tool_calls?: Call[];
}

/** A recorded request as a chat client would have asked it. */
function toChat(raw: RawRequest): Record<string, unknown> {
  const { maxOutputTokens, thinkingConfig } = raw.generationConfig;
  const budget = thinkingConfig?.thinkingBudget;
  const system = raw.systemInstruction?.parts[0]?.text;
  return {
    model: "m",
    messages: [
      ...system === undefined ? [] : [{ role: "system", content: system }],
      { role: "user", content: raw.contents[0]?.parts[0]?.text },
    ],
    ...(raw.tools && {
      tools: raw.tools[0].functionDeclarations.map((tool) => ({
        type: "function",
        function: { ...tool, parameters: plain(tool.parameters) },
      })),
    }),
    ...(raw.toolConfig && { tool_choice: "auto" }),
    ...(maxOutputTokens && { max_tokens: maxOutputTokens }),
    ...(budget && { reasoning: { max_tokens: budget } }),
    ...(thinkingConfig && !budget && { reasoning_effort: "high" }),
  };
}

/** Two spellings of one request as one: types in capitals, the older name of a schema, ids. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value),
    function (this: Record<string, unknown>, key, value) {
      if (key === "id") return undefined;
      if (key === "systemInstruction") return { parts: value.parts };
      if (key === "type" && typeof value === "string") {
        return value.toLowerCase();
      }
      if (key !== "parameters") return value;
      this.parametersJsonSchema = value;
      return undefined;
    },
  );
}

/** What a chat client collects of a stream. */
function collect(translation: Translation, body: string): Reply {
  const stream = translation.stream();
  const events = new SseParser().push(encoder.encode(body));
  const text = events.map((event) => stream.push(event)).join("") +
    stream.end();
  const reply: Reply = { role: "assistant", content: "" };
  for (const { data } of new SseParser().push(encoder.encode(text))) {
    if (data === "[DONE]") continue;
    const delta = JSON.parse(data).choices[0]?.delta ?? {};
    reply.content += delta.content ?? "";
    if (delta.extra_content) reply.extra_content = delta.extra_content;
    const calls: Call[] = delta.tool_calls ?? [];
    for (const call of calls) {
      reply.tool_calls ??= [];
      const known = reply.tool_calls[call.index];
      if (known) known.function.arguments += call.function.arguments;
      else reply.tool_calls[call.index] = call;
    }
  }
  return reply;
}

/** The first two exchanges of each recorded tool loop. */
function readLoops(): [Recording, Recording][] {
  const files = Map.groupBy(
    readRecordings(),
    ({ name }) => name.split(" #")[0],
  );
  return [...files.values()].flatMap(([first, second]) =>
    first && second ? [[first, second]] : []
  );
}

Deno.test({
  name:
    `D3, D7, D8, D9, D10: recorded tool loops of a chat client are sent as the recorded requests${note}`,
  ignore,
  fn() {
    const factory = new ProviderFactory();
    const provider = factory.create({ name: "gemini", type: "gemini" });
    const loops = readLoops();
    for (const [first, second] of loops) {
      const model = /models\/(.*?):/.exec(first.url)?.[1] ?? "";
      const stream = first.body.startsWith("data:");
      const send = (request: unknown) =>
        translateChat(
          parseJsonDocument(encoder.encode(JSON.stringify(request))),
          {
            deployment: { provider, model },
            stream,
            includeUsage: true,
            losses: new LossReport(),
          },
        );
      const chat = toChat(first.request as unknown as RawRequest);
      const asked = send(chat);
      assertEquals(
        plain(JSON.parse(asked.request.body)),
        plain(first.request),
        first.name,
      );
      const reply: Reply = stream
        ? collect(asked, first.body)
        : JSON.parse(asked.answer(encoder.encode(first.body)).body)
          .choices[0].message;
      const raw = second.request as unknown as RawRequest;
      const results = raw.contents.at(-1)?.parts ?? [];
      const calls = reply.tool_calls ?? [];
      assertEquals(calls.length, results.length, second.name);
      const again = send({
        ...chat,
        messages: [
          ...chat.messages as unknown[],
          reply,
          ...calls.map(({ id }, index) => ({
            role: "tool",
            tool_call_id: id,
            content: results[index]?.functionResponse?.response.result,
          })),
        ],
      });
      assertEquals(
        plain(JSON.parse(again.request.body)),
        plain(raw),
        second.name,
      );
    }
    assert(loops.length >= 20);
    factory.close();
  },
});
