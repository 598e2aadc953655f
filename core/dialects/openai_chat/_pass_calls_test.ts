import { assert, assertEquals } from "@std/assert";
import { assertLinear } from "../../../logging/_test_linear.ts";
import {
  assemble,
  type Chunk,
  chunk,
  type Fragment,
  passed,
} from "./_test_pass.ts";

function run(...deltas: unknown[][]): readonly Chunk[] {
  const data = deltas.map((calls, at) =>
    chunk({ ...(at === 0 && { role: "assistant" }), tool_calls: calls })
  );
  return passed([...data, chunk({}, "tool_calls"), "[DONE]"]);
}

function fragments(chunks: readonly Chunk[]): (readonly Fragment[])[] {
  return chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    .map((fragment) => [fragment]);
}

function calls(chunks: readonly Chunk[]): unknown {
  return Object.entries(assemble(chunks).choices[0]?.calls ?? {})
    .map((
      [index, call],
    ) => [Number(index), call.id, call.name, call.arguments]);
}

const start = (index: number, id: string, name: string, args = "") => ({
  index,
  id,
  type: "function",
  function: { name, arguments: args },
});
const more = (index: number, args: string) => ({
  index,
  function: { arguments: args },
});

Deno.test("A10, A11: interleaved fragments of two calls pass as they are", () => {
  const deltas = [
    [start(0, "a", "f")],
    [start(1, "b", "g")],
    [more(0, '{"x"')],
    [more(1, "{}")],
    [more(0, ":1}")],
  ];
  const chunks = run(...deltas);
  assertEquals(fragments(chunks), deltas);
  assertEquals(calls(chunks), [[0, "a", "f", '{"x":1}'], [1, "b", "g", "{}"]]);
});

Deno.test("A11: numbers that begin at 1 or have holes are closed up", () => {
  const chunks = run([start(1, "a", "f")], [more(1, "{}")], [
    start(5, "b", "g", "{}"),
  ]);
  assertEquals(calls(chunks), [[0, "a", "f", "{}"], [1, "b", "g", "{}"]]);
});

Deno.test("I2: calls that are all numbered 0 are told apart", () => {
  const chunks = run(
    [start(0, "a", "f", "{}"), start(0, "b", "f", '{"x":1}')],
    [start(0, "c", "g", "{}")],
  );
  assertEquals(calls(chunks), [[0, "a", "f", "{}"], [1, "b", "f", '{"x":1}'], [
    2,
    "c",
    "g",
    "{}",
  ]]);
});

Deno.test("A12, H2: whole calls without index and type get them", () => {
  const whole = (id: string) => ({
    id,
    function: { name: "f", arguments: `{"id":"${id}"}` },
  });
  const chunks = run([whole("a"), whole("b")], [whole("c")]);
  assertEquals(calls(chunks), [[0, "a", "f", '{"id":"a"}'], [
    1,
    "b",
    "f",
    '{"id":"b"}',
  ], [2, "c", "f", '{"id":"c"}']]);
  assert(fragments(chunks).flat().every(({ type }) => type === "function"));
});

Deno.test("H2: fragments without index go on with the call of their id, place or with the last", () => {
  const begin = (id: string) => ({
    id,
    function: { name: "f", arguments: "" },
  });
  const args = (text: string) => ({ function: { arguments: text } });
  const chunks = run(
    [begin("a"), begin("b")],
    [{ id: "a", ...args('{"x"') }],
    [args("1"), args("2")],
    [args("3")],
  );
  assertEquals(calls(chunks), [[0, "a", "f", '{"x"1'], [1, "b", "f", "23"]]);
});

Deno.test("H2: a call without an id gets one", () => {
  const chunks = run([{ index: 0, function: { name: "f", arguments: "{}" } }], [
    { index: 1, id: "", function: { name: "g", arguments: "{}" } },
  ]);
  const ids = fragments(chunks).flat().map(({ id }) => id);
  assert(ids.every((id) => id !== undefined && /^call_[0-9a-f]{24}$/.test(id)));
  assertEquals(new Set(ids).size, 2);
});

Deno.test("J19, H3: later empty or repeated ids and names go", () => {
  const chunks = run(
    [start(0, "a", "f")],
    [{ index: 0, id: "", function: { name: "", arguments: '{"x"' } }],
    [{ index: 0, id: "a", function: { name: "f", arguments: ":1}" } }],
    [{ index: 0, id: null, function: { name: null, arguments: " " } }],
  );
  assertEquals(calls(chunks), [[0, "a", "f", '{"x":1} ']]);
  assertEquals(fragments(chunks).slice(1), [
    [more(0, '{"x"')],
    [more(0, ":1}")],
    [more(0, " ")],
  ]);
});

Deno.test("J19: an id that changes without a name goes on with the call", () => {
  const chunks = run([start(0, "a", "f")], [{
    index: 0,
    id: "b",
    function: { arguments: "{}" },
  }]);
  assertEquals(calls(chunks), [[0, "a", "f", "{}"]]);
});

Deno.test("A10: a name that comes late is kept", () => {
  const chunks = run([{ index: 0, id: "a", type: "function" }], [{
    index: 0,
    function: { name: "f", arguments: "{}" },
  }]);
  assertEquals(calls(chunks), [[0, "a", "f", "{}"]]);
});

for (
  const [name, args] of [["empty", ""], ["blank", " "], ["null", null], [
    "missing",
    undefined,
  ]] as const
) {
  Deno.test(`A13, J21: ${name} arguments become "{}" before the finish`, () => {
    const chunks = run([{
      ...start(0, "a", "f"),
      function: { name: "f", arguments: args },
    }], [start(1, "b", "g", "{}")]);
    assertEquals(calls(chunks), [[0, "a", "f", `${args ?? ""}{}`], [
      1,
      "b",
      "g",
      "{}",
    ]]);
    const [fill, finish] = chunks.slice(-2);
    assertEquals(fill?.choices, [{
      index: 0,
      delta: { tool_calls: [more(0, "{}")] },
      finish_reason: null,
    }]);
    assertEquals([fill?.id, fill?.model], ["chatcmpl-1", "m-1"]);
    assertEquals(finish?.choices[0]?.finish_reason, "tool_calls");
  });
}

Deno.test("A13: arguments that are an object become text", () => {
  const call = {
    index: 0,
    id: "a",
    type: "function",
    function: { name: "f", arguments: { x: [1, "é"] } },
  };
  assertEquals(calls(run([call])), [[0, "a", "f", '{"x":[1,"é"]}']]);
  const empty = { ...call, function: { name: "f", arguments: {} } };
  assertEquals(calls(run([empty])), [[0, "a", "f", "{}"]]);
});

Deno.test("A25: a custom tool call passes as it is", () => {
  const first = {
    index: 0,
    id: "a",
    type: "custom",
    custom: { name: "f", input: "" },
  };
  const second = { index: 0, custom: { input: "text" } };
  assertEquals(
    fragments(run([first], [second])),
    [[first], [second]] as unknown,
  );
});

Deno.test("H2: a whole call and its finish in one chunk are parted", () => {
  const chunks = passed([
    chunk(
      {
        role: "assistant",
        content: "",
        tool_calls: [{ id: "a", function: { name: "f", arguments: "{}" } }],
      },
      "tool_calls",
      { usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } },
    ),
    "[DONE]",
  ]);
  assertEquals(chunks.map(({ choices }) => choices[0]?.finish_reason), [
    null,
    "tool_calls",
  ]);
  assertEquals(calls(chunks), [[0, "a", "f", "{}"]]);
});

Deno.test("U13: arguments in small pieces take linear time", () => {
  const pass = (pieces: number): void => {
    const data = [
      chunk({ role: "assistant", tool_calls: [start(0, "a", "f")] }),
    ];
    for (let i = 0; i < pieces; i++) {
      data.push(chunk({ tool_calls: [more(0, "0123456789abcdef")] }));
    }
    data.push(chunk({}, "tool_calls"), "[DONE]");
    assertEquals(passed(data).length, pieces + 2);
  };
  assertLinear(pass, { sizes: [4_000, 40_000], most: 60 });
});
