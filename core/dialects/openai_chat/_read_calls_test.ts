import { assert, assertEquals, assertThrows } from "@std/assert";
import { UpstreamError } from "../../errors.ts";
import {
  fragment,
  outline,
  piece,
  stream,
  streamedParts,
} from "./_test_provider.ts";
import { ChatStreamDecoder } from "./decode_stream.ts";

/** The calls of a turn, as id, name and arguments. */
function calls(
  deltas: readonly unknown[],
  finish = "tool_calls",
): readonly unknown[] {
  return streamedParts(deltas, finish).flatMap((part) =>
    part.type === "tool_call" ? [[part.id, part.name, part.arguments]] : []
  );
}

function codeOf(run: () => unknown): string {
  return assertThrows(run, UpstreamError).code;
}

Deno.test("A10, A11: interleaved fragments of parallel calls come to their own call", () => {
  const deltas = [
    fragment(0, "", { id: "a", name: "f" }),
    fragment(1, '{"y"', { id: "b", name: "g" }),
    fragment(0, '{"x":'),
    fragment(1, ":2}"),
    fragment(0, "1}"),
  ];
  assertEquals(calls(deltas), [["a", "f", '{"x":1}'], ["b", "g", '{"y":2}']]);
});

Deno.test("A11: calls numbered from 1, all 0, or not at all are told apart", () => {
  const expected = [["a", "f", '{"x":1}'], ["b", "g", "{}"]];
  for (const [first, second] of [[1, 2], [0, 0], [undefined, undefined]]) {
    const deltas = [
      fragment(first, '{"x":', { id: "a", name: "f" }),
      fragment(first, "1}"),
      fragment(second, "{}", { id: "b", name: "g" }),
    ];
    assertEquals(calls(deltas), expected, `${first}, ${second}`);
  }
});

Deno.test("A12, H2: whole calls in one delta, with the finish in the same chunk", () => {
  const delta = {
    tool_calls: [
      { id: "a", function: { name: "f", arguments: "{}" } },
      { id: "b", function: { name: "g", arguments: '{"x":1}' } },
    ],
  };
  const events = stream([piece(delta, "tool_calls"), "[DONE]"]);
  assertEquals(outline(events), [
    "start",
    "part_start 0",
    "part_delta 0",
    "part_end 0",
    "part_start 1",
    "part_delta 1",
    "part_end 1",
    "finish",
  ]);
});

Deno.test("H3, J19: empty names and ids of later fragments change nothing", () => {
  const deltas = [
    fragment(0, "{", { id: "a", name: "f" }),
    fragment(0, "}", { id: "", name: "" }),
  ];
  assertEquals(calls(deltas), [["a", "f", "{}"]]);
});

Deno.test("A10: a call waits for its name, and makes up the id that it lacks", () => {
  const [made] = calls([
    fragment(0, '{"x"', {}),
    fragment(0, ":1}", { name: "f" }),
  ]) as [[string, string, string]];
  assert(made[0].startsWith("call_"));
  assertEquals(made.slice(1), ["f", '{"x":1}']);
  assertEquals(
    codeOf(() => calls([fragment(0, "{}", { id: "a" })])),
    "upstream_invalid_response",
  );
});

Deno.test("A13: arguments that never come, or are null, are {}", () => {
  for (const args of ["", null, undefined, "null"]) {
    const deltas = [fragment(0, args, { id: "a", name: "f" })];
    assertEquals(calls(deltas), [["a", "f", "{}"]]);
  }
});

Deno.test("L7: a call that was cut is never completed", () => {
  const begin = fragment(0, "", { id: "a", name: "f" });
  assertEquals(calls([begin], "length"), [["a", "f", ""]]);
  assertEquals(calls([fragment(0, "", { id: "a" })], "length"), []);
  const cut = [begin, fragment(0, '{"x')];
  assertEquals(calls(cut, "length"), [["a", "f", '{"x']]);
  assertEquals(codeOf(() => calls(cut)), "upstream_invalid_response");
});

Deno.test("C24: a call whose arguments are whole ends when something else begins", () => {
  const events = stream([
    piece(fragment(0, "{}", { id: "a", name: "f" })),
    piece({ content: "Hi" }),
    piece({}, "tool_calls"),
    "[DONE]",
  ]);
  assertEquals(outline(events).slice(1, 6), [
    "part_start 0",
    "part_delta 0",
    "part_end 0",
    "part_start 1",
    "part_delta 1",
  ]);
  const late = [
    fragment(0, "{}", { id: "a", name: "f" }),
    { content: "Hi" },
    fragment(0, "x"),
  ];
  assertEquals(codeOf(() => calls(late)), "upstream_invalid_response");
});

Deno.test("ChatStreamDecoder bounds the arguments of a turn", () => {
  const decoder = new ChatStreamDecoder();
  const text = "x".repeat(1 << 20);
  const error = assertThrows(() => {
    for (let index = 0; index < 9; index++) {
      const begin = { id: `c${index}`, name: "f" };
      const data = JSON.stringify(piece(fragment(index, text, begin)));
      decoder.push({ event: "", data });
    }
  }, UpstreamError);
  assert(error.message.includes("characters of arguments"));
});
