import { assertEquals, assertThrows } from "@std/assert";
import { ApiError } from "./_api_error.ts";
import { readToolChoice, readTools } from "./_chat_tools.ts";

const tool = (name: string): unknown => ({
  type: "function",
  function: { name, parameters: { type: "object" } },
});
const both = readTools([tool("a"), tool("b")]);

Deno.test("readToolChoice() picks the named tool, else the first, or none", () => {
  const named = { type: "function", function: { name: "b" } };
  assertEquals(readToolChoice(undefined, both)?.name, "a");
  assertEquals(readToolChoice("auto", both)?.name, "a");
  assertEquals(readToolChoice("required", both)?.name, "a");
  assertEquals(readToolChoice(named, both)?.name, "b");
  assertEquals(readToolChoice("none", both), undefined);
  assertEquals(readToolChoice(undefined, []), undefined);
});

Deno.test("readToolChoice() refuses a tool that is not there", () => {
  const named = { type: "function", function: { name: "c" } };
  for (const choice of [named, "always", 1, {}, { type: "function" }]) {
    assertThrows(() => readToolChoice(choice, both), ApiError, "tool_choice");
  }
  assertThrows(() => readToolChoice("required", []), ApiError, "no tools");
});

Deno.test("readTools() names the tool at fault", () => {
  const wrong: [unknown, string][] = [
    [{}, "'tools'"],
    [[null], "'tools[0]'"],
    [[tool("a"), { type: "web_search" }], "'tools[1].type'"],
    [[{ type: "function" }], "'tools[0].function'"],
    [[{ type: "function", function: {} }], "'tools[0].function.name'"],
    [
      [{ type: "function", function: { name: "a", parameters: 1 } }],
      "'tools[0].function.parameters'",
    ],
    [Array(129).fill(tool("a")), "at most 128"],
  ];
  for (const [tools, at] of wrong) {
    assertThrows(() => readTools(tools), ApiError, at);
  }
});
