// Guardrails before clients of every dialect, streaming and not: what they let
// pass, change and end is what its dialect says.
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { type Asked, eventStream } from "./_answering_upstream.ts";
import { chunk, completion, event, streamEnd } from "./_chat_answers.ts";
import { type Running, withGateway } from "./_with_gateway.ts";

const CONFIG = `
guardrails:
  - {name: privacy, type: pii}
  - {name: words, type: deny, phrases: [project falcon], on: output}
  - {name: filter, type: deny, phrases: [project eagle], on: output, mid_stream: content_filter}
routes:
  - {match: guarded, targets: [up/m], guardrails: [privacy, words, filter]}
  - {match: plain, targets: [up/m]}
`;

/** A client's dialect, by its wire. */
interface Dialect {
  readonly name: string;
  readonly ask: (model: string, said: string) => {
    readonly path: string;
    readonly body: object;
  };
  /** The words of a whole answer. */
  // deno-lint-ignore no-explicit-any -- the wire's JSON, looked at freely
  readonly whole: (answer: any) => string;
  /** The words of one event. */
  // deno-lint-ignore no-explicit-any -- the same
  readonly piece: (event: any) => string | undefined;
  /** How a stream says that it was ended by a filter. */
  readonly filtered: RegExp;
  /** How one ends well. */
  readonly end: RegExp;
}

const chat: Dialect = {
  name: "openai_chat",
  ask: (model, content) => ({
    path: "/v1/chat/completions",
    body: { model, messages: [{ role: "user", content }] },
  }),
  whole: ({ choices: [choice] }) => choice.message.content,
  piece: ({ choices }) => choices?.[0]?.delta?.content,
  filtered: /"finish_reason":"content_filter"/,
  end: /data: \[DONE\]\n\n$/,
};

const gemini = (stream: string): Dialect => ({
  name: stream === "" ? "gemini, array" : "gemini",
  ask: (model, text) => ({
    path: `/v1beta/models/${model}:generateContent`,
    body: { contents: [{ role: "user", parts: [{ text }] }] },
  }),
  whole: ({ candidates: [candidate] }) => candidate.content.parts[0].text,
  piece: ({ candidates }) => candidates?.[0]?.content?.parts?.[0]?.text,
  filtered: /"finishReason":"SAFETY"/,
  end: stream === "" ? /\]\s*$/ : /"finishReason":"STOP"[^\n]*\r\n\r\n$/,
});

const DIALECTS: readonly Dialect[] = [
  chat,
  {
    name: "anthropic",
    ask: (model, content) => ({
      path: "/v1/messages",
      body: { model, max_tokens: 99, messages: [{ role: "user", content }] },
    }),
    whole: ({ content: [block] }) => block.text,
    piece: ({ delta }) => delta?.text,
    filtered: /"stop_reason":"refusal"/,
    end: /event: message_stop\ndata: [^\n]*\n\n$/,
  },
  {
    name: "openai_responses",
    ask: (model, input) => ({
      path: "/v1/responses",
      body: { model, input, instructions: "Say what ann@example.com says" },
    }),
    whole: ({ output }) => output[0].content[0].text,
    piece: ({ type, delta }) =>
      type === "response.output_text.delta" ? delta : undefined,
    filtered: /"reason":"content_filter"/,
    end: /event: response\.completed\ndata: [^\n]*\n\n$/,
  },
  gemini("alt=sse"),
  gemini(""),
];

async function post(
  { url }: Pick<Running, "url">,
  { dialect, model, said, stream }: {
    readonly dialect: Dialect;
    readonly model: string;
    readonly said: string;
    readonly stream: boolean;
  },
): Promise<{ status: number; text: string }> {
  let { path, body } = dialect.ask(model, said);
  if (!path.includes("generateContent")) body = { ...body, stream };
  else if (stream) {
    path = path.replace("generate", "streamGenerate") +
      (dialect.name === "gemini" ? "?alt=sse" : "");
    path = path.replace("streamGenerateContent", "streamGenerateContent");
  }
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

/** The words of a stream. */
function wordsOf({ name, piece }: Dialect, text: string): string {
  if (name === "gemini, array") {
    return JSON.parse(text).map((one: unknown) => piece(one) ?? "").join("");
  }
  return [...text.matchAll(/^data: (\{.*\})\r?$/gm)]
    .map(([, data = ""]) => piece(JSON.parse(data)) ?? "").join("");
}

/** Says it a letter, or half of one, at a time. */
function letters(text: string): string {
  return chunk({ role: "assistant", content: "" }) +
    text.split("").map((content) => chunk({ content })).join("");
}

const echo = ({ body }: Asked): Response => {
  const text = body.messages.at(-1).content;
  return body.stream
    ? eventStream(letters(text) + streamEnd())
    : completion({ content: text });
};

for (const dialect of DIALECTS) {
  Deno.test(`personal data is put back, in pieces of half a letter as well (${dialect.name})`, async () => {
    await withGateway({ answer: echo, config: CONFIG }, async (gateway) => {
      const said =
        "😀 Ask ann@example.com [EMAIL_] or [EMAIL_9] 😀 ann@example.com";
      for (const stream of [false, true]) {
        const { status, text } = await post(gateway, {
          dialect,
          model: "guarded",
          said,
          stream,
        });
        assertEquals(status, 200, text);
        const words = stream
          ? wordsOf(dialect, text)
          : dialect.whole(JSON.parse(text));
        assertEquals(words, said);
        assert(!/\[EMAIL_1\]/.test(text), text);
        if (stream) assertMatch(text, dialect.end);
      }
      for (const { text } of gateway.upstream.asked) {
        assert(!text.includes("ann@"), text);
      }
    });
  });

  Deno.test(`an answer that is refused ends as its dialect ends one (${dialect.name})`, async () => {
    const lead = "All is well here. ".repeat(4);
    await withGateway({ answer: echo, config: CONFIG }, async (gateway) => {
      const ask = (said: string, stream: boolean) =>
        post(gateway, { dialect, model: "guarded", said, stream });
      for (const stream of [false, true]) {
        const early = await ask("Project Falcon", stream);
        assertEquals(early.status, 400, early.text);
        assertStringIncludes(early.text, "'words'");
        assertEquals(JSON.parse(early.text).error instanceof Object, true);
      }
      const late = await ask(`${lead}Project Falcon`, true);
      assertEquals(late.status, 200);
      assertStringIncludes(late.text, "'words'");
      assert(!/falcon/i.test(late.text));
      assert(!dialect.end.test(late.text) || dialect.name === "gemini, array");
      const filtered = await ask(`${lead}Project Eagle`, true);
      assertMatch(filtered.text, dialect.filtered);
      assert(!/eagle/i.test(filtered.text));
      assertEquals(wordsOf(dialect, filtered.text).trim(), lead.trim());
    });
  });

  Deno.test(`a stream that breaks off does so in the words that it has without guardrails (${dialect.name})`, async () => {
    for (
      const broken of [
        event({ error: { message: "Overloaded", type: "overloaded_error" } }),
        // It ends without an end.
        "",
      ]
    ) {
      const answer = (): Response =>
        eventStream(letters("It begins. ") + broken);
      await withGateway({ answer, config: CONFIG }, async (gateway) => {
        const ask = async (model: string): Promise<string> => {
          const said = "ann@example.com";
          const { text } = await post(gateway, {
            dialect,
            model,
            said,
            stream: true,
          });
          // Ids and times are a request's own.
          return text.replaceAll(
            /"(?:id|request_id|item_id|requestId|responseId)":"[^"]*"/g,
            "",
          )
            .replaceAll(/"(?:created|created_at)":\d+/g, "")
            .replaceAll(/req_\w+|[0-9a-f-]{32,36}/g, "").split(
              /\n\n|\r\n\r\n|\},\{|\r\n,/,
            ).at(
              -2,
            ) ?? "";
        };
        assertEquals(await ask("guarded"), await ask("plain"));
      });
    }
  });
}
