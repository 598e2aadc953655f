import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { AnswerEvent } from "./answer.ts";
import { AnswerCollector } from "./answer_collector.ts";
import { openAiChatProvider } from "./dialects/openai_chat/provider.ts";
import { withThinkTags } from "./_think_tags.ts";

const CALL = {
  index: 0,
  id: "c",
  type: "function",
  function: { name: "look", arguments: "{}" },
};

/** What a stream of these texts tells, calls of a tool standing where there is none. */
function read(
  tags: "tagged" | "open",
  texts: readonly (string | undefined)[],
): { thought: string; said: string; kinds: readonly string[] } {
  const decoder = withThinkTags(openAiChatProvider, tags).streamDecoder();
  const collector = new AnswerCollector();
  const open = new Set<number>();
  const take = (event: AnswerEvent): void => {
    if (event.type === "part_start") open.add(event.part);
    if (event.type === "part_delta") assertEquals(open.has(event.part), true);
    if (event.type === "part_end") assertEquals(open.delete(event.part), true);
    if (event.type === "finish") assertEquals(open.size, 0);
    collector.push(event);
  };
  const told = [
    ...texts.map((content) =>
      content === undefined ? { tool_calls: [CALL] } : { content }
    ).map((delta) => ({ index: 0, delta, finish_reason: null })),
    { index: 0, delta: {}, finish_reason: "stop" },
  ].map((choice) => JSON.stringify({ id: "x", choices: [choice] }));
  for (const data of [...told, "[DONE]"]) {
    decoder.push({ event: "", data }).forEach(take);
  }
  const parts = collector.answer?.parts ?? [];
  const join = (kind: string): string =>
    parts.map((part) => part.type === kind && "text" in part ? part.text : "")
      .join("");
  return {
    thought: join("reasoning"),
    said: join("text"),
    kinds: parts.map(({ type }) => type),
  };
}

Deno.test("J27: thought that a call interrupts goes on behind it", () => {
  assertEquals(read("tagged", ["<think>a", undefined, "b</thi", "nk>c"]), {
    thought: "ab",
    said: "c",
    kinds: ["reasoning", "tool_call", "reasoning", "text"],
  });
  assertEquals(read("open", ["a</th", undefined, "ink>\n\nc"]), {
    thought: "a",
    said: "c",
    kinds: ["reasoning", "tool_call", "text"],
  });
  assertEquals(read("open", ["a </thi", undefined]), {
    thought: "a </thi",
    said: "",
    kinds: ["reasoning", "tool_call", "reasoning"],
  });
});

Deno.test("J27: blanks before a call stay before it", () => {
  assertEquals(
    read("tagged", ["\n\n", undefined]).kinds,
    ["text", "tool_call"],
  );
  assertEquals(read("tagged", ["Hi", undefined, "<think>"]).said, "Hi<think>");
});

Deno.test("J27: a call may stand anywhere in thought", () => {
  const text = "<think>\nAm I?\n</think>\n\nYes.";
  const place = fc.integer({ min: "<think>".length, max: text.length });
  fc.assert(
    fc.property(place, (at) => {
      const pieces = [...text.slice(0, at), undefined, ...text.slice(at)];
      const { thought, said } = read("tagged", pieces);
      assertEquals(said, "Yes.");
      // Blanks are whose they look like when a call follows.
      assertEquals(thought.trim(), "Am I?");
    }),
    { numRuns: 40 },
  );
});
