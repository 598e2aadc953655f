import { assert, assertEquals, assertThrows } from "@std/assert";
import { parse } from "yaml";
import { UpstreamError } from "../../errors.ts";
import { assemble, type Chunk, chunksOf, events } from "./_test_pass.ts";
import { passChatAnswer } from "./pass_answer.ts";
import { ChatPassStream } from "./pass_stream.ts";
import { decodeChatUsage } from "./usage.ts";

/** What providers of the dialect have sent, one file each. */
const ROOT = new URL("../../../../shared/corpus/recordings/", import.meta.url);

interface Recording {
  readonly name: string;
  readonly body: string;
}

interface Interaction {
  readonly request: { readonly url: string };
  readonly response: { readonly body: string; readonly code: number };
}

function* files(folder: URL): Generator<URL> {
  for (const entry of Deno.readDirSync(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) yield* files(url);
    else if (entry.name.endsWith(".yaml")) yield url;
  }
}

function load(): Recording[] {
  const recordings: Recording[] = [];
  for (const file of files(ROOT)) {
    const text = Deno.readTextFileSync(file);
    if (!/url: .*\/chat\/completions$/m.test(text)) continue;
    const { interactions } = parse(text) as { interactions: Interaction[] };
    interactions.forEach(({ request, response }, index) => {
      if (!request.url.endsWith("/chat/completions")) return;
      if (response.code !== 200) return;
      const name = `${file.href.slice(ROOT.href.length)}#${index}`;
      recordings.push({ name, body: response.body });
    });
  }
  return recordings;
}

const present = await Deno.stat(ROOT).then(() => true, () => false);
if (!present) {
  // deno-lint-ignore no-console
  console.log("recordings are not beside the project: not replayed");
}
const all = present ? load() : [];
const streams = all.filter(({ body }) => /^(?:data|:)/.test(body.trimStart()));
const answers = all.filter((recording) => !streams.includes(recording));

function chunksOfProvider(body: string): Chunk[] {
  return events(body).filter(({ data }) => data !== "[DONE]")
    .map(({ data }) => JSON.parse(data));
}

function pass(body: string, includeUsage: boolean): string {
  const stream = new ChatPassStream({ includeUsage });
  let text = "";
  for (const event of events(body)) text += stream.push(event);
  text += stream.end();
  const { choices, usage } = assemble(chunksOfProvider(body));
  assertEquals(stream.usage, decodeChatUsage(usage));
  const finish = choices[0]?.finish === "tool_calls" ? "tool" : "stop";
  assertEquals([stream.done, stream.finish], [true, finish]);
  return text;
}

/** What holds of every stream that a client gets. */
function checkForm(chunks: readonly Chunk[], includeUsage: boolean): void {
  const first = chunks[0];
  const roles = new Map<number, number>();
  const finishes = new Map<number, number>();
  for (const [place, chunk] of chunks.entries()) {
    for (const key of ["id", "object", "created", "model"]) {
      assertEquals(chunk[key], first?.[key], "A8");
    }
    const isLast = place === chunks.length - 1;
    assertEquals(Boolean(chunk.usage), isLast && includeUsage, "A4, A5, A18");
    assertEquals(chunk.choices.length, isLast && includeUsage ? 0 : 1);
    for (const { index, delta, finish_reason: finish } of chunk.choices) {
      const isFirst = !roles.has(index);
      assertEquals(delta.role, isFirst ? "assistant" : undefined, "A9");
      roles.set(index, 1);
      if (finish) finishes.set(index, (finishes.get(index) ?? 0) + 1);
    }
  }
  assertEquals([...finishes], [[0, 1]], "A17");
}

Deno.test({
  name: "recorded streams say the same before and after",
  ignore: !present,
  fn() {
    assert(streams.length > 100);
    for (const { name, body } of streams) {
      const before = assemble(chunksOfProvider(body));
      for (const call of Object.values(before.choices[0]?.calls ?? {})) {
        call.arguments ||= "{}";
      }
      for (const includeUsage of [true, false]) {
        const chunks = chunksOf(pass(body, includeUsage));
        checkForm(chunks, includeUsage);
        const after = assemble(chunks);
        const usage = includeUsage ? before.usage : undefined;
        assertEquals(after, { ...before, usage }, name);
      }
    }
  },
});

Deno.test({
  name: "U6: recorded streams that are cut at any event never look complete",
  ignore: !present,
  fn() {
    for (const { name, body } of streams) {
      const stream = new ChatPassStream({ includeUsage: true });
      let text = "";
      for (const event of events(body)) {
        const error = assertThrows(() => stream.end(), UpstreamError, "", name);
        assertEquals(error.code, "upstream_stream_truncated");
        assert(!/"finish_reason":\s*"/.test(text), name);
        assert(!text.includes("[DONE]"), name);
        text += stream.push(event);
      }
      assert(stream.end() === "" && stream.done);
    }
  },
});

Deno.test({
  name: "U6: recorded streams without [DONE] need their finish",
  ignore: !present,
  fn() {
    for (const { name, body } of streams) {
      const options = { includeUsage: true, streamEnd: "finish" } as const;
      const stream = new ChatPassStream(options);
      let isFinished = false;
      for (const event of events(body)) {
        if (event.data === "[DONE]") break;
        if (!isFinished) {
          assertThrows(() => stream.end(), UpstreamError, "", name);
        }
        stream.push(event);
        isFinished ||= /"finish_reason":\s*"/.test(event.data);
      }
      const { usage } = assemble(chunksOf("" + stream.end()));
      assertEquals(usage, assemble(chunksOfProvider(body)).usage, name);
    }
  },
});

Deno.test({
  name: "recorded answers say the same before and after",
  ignore: !present,
  fn() {
    assert(answers.length > 100);
    for (const { name, body } of answers) {
      const bytes = new TextEncoder().encode(body);
      const before = JSON.parse(body);
      const { message } = before.choices[0];
      const passed = passChatAnswer(bytes);
      if (typeof passed.body !== "string") assert(passed.body === bytes, name);
      const after = JSON.parse(
        typeof passed.body === "string"
          ? passed.body
          : new TextDecoder().decode(passed.body),
      );
      if (message.tool_calls) message.content ||= null;
      assertEquals(after, before, name);
      assertEquals(passed.usage, decodeChatUsage(before.usage), name);
      assertEquals(passed.model, before.model, name);
      assertEquals(passed.finish, message.tool_calls ? "tool" : "stop", name);
    }
  },
});
