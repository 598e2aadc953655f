import { assert, assertEquals } from "@std/assert";
import { parseJsonDocument } from "../../json_document.ts";
import { assertRefused, decode } from "./_test_decode.ts";
import { decodeResponsesRequest } from "./decode_request.ts";

const PARAMETERS = { type: "object", properties: { a: { type: "string" } } };

function tool(name: string, fields: Record<string, unknown> = {}): unknown {
  return { type: "function", name, parameters: PARAMETERS, ...fields };
}

function chosen(name: string): unknown {
  return { type: "function", name };
}

Deno.test("B20: tools are flat", () => {
  const { tools, unmapped, parallelToolCalls } = decode({
    tools: [
      tool("f", { description: "d", strict: true, defer_loading: true }),
      tool("g", { parameters: null, strict: null }),
    ],
    parallel_tool_calls: false,
  });
  assertEquals(tools, [
    { name: "f", description: "d", parameters: PARAMETERS, strict: true },
    { name: "g", parameters: { type: "object", properties: {} } },
  ]);
  assertEquals(unmapped, ["tools[0].defer_loading"]);
  assertEquals(parallelToolCalls, false);
});

Deno.test("B22: hosted tools are refused by name", () => {
  const code = "unsupported_value";
  for (
    const type of ["web_search", "file_search", "mcp", "namespace"]
  ) {
    const message = assertRefused({ tools: [tool("f"), { type }] }, {
      param: "tools[1].type",
      code,
    });
    assert(message.includes(`"${type}"`));
  }
  assertRefused({ tools: [tool("f")], tool_choice: { type: "web_search" } }, {
    param: "tool_choice.type",
    code,
  });
});

Deno.test("B20, O4: a custom tool is a function with one text, its grammar told in words", () => {
  const format = { type: "grammar", syntax: "lark", definition: 'start: "x"' };
  const { tools, toolChoice, unmapped } = decode({
    tools: [
      { type: "custom", name: "sh", description: "Runs it", format },
      { type: "custom", name: "say" },
    ],
    tool_choice: { type: "custom", name: "say" },
  });
  const parameters = {
    type: "object",
    properties: { input: { type: "string" } },
    required: ["input"],
    additionalProperties: false,
  };
  assertEquals(tools, [
    {
      name: "sh",
      description:
        'Runs it\n\nThe input must follow this lark grammar:\nstart: "x"',
      parameters,
    },
    { name: "say", parameters },
  ]);
  assertEquals(toolChoice, { type: "tool", name: "say" });
  assertEquals(unmapped, ["tools[0].format"]);
});

Deno.test("O4: tool_choice in all its forms", () => {
  const tools = [tool("f"), tool("g")];
  for (const type of ["auto", "none", "required"] as const) {
    assertEquals(decode({ tools, tool_choice: type }).toolChoice, { type });
  }
  assertEquals(decode({ tools, tool_choice: chosen("g") }).toolChoice, {
    type: "tool",
    name: "g",
  });
  const code = "invalid_value";
  assertRefused({ tools, tool_choice: "any" }, { param: "tool_choice", code });
  assertRefused({ tools, tool_choice: chosen("h") }, {
    param: "tool_choice.name",
    code,
  });
  assertRefused({ tool_choice: "required" }, { param: "tool_choice", code });
  assertEquals(decode({ tool_choice: "auto" }).toolChoice, undefined);
});

Deno.test("B23: allowed tools cut the list and set the mode", () => {
  const tools = [tool("f"), tool("g"), tool("h")];
  const allowed = (mode: unknown, ...names: string[]) => ({
    tools,
    tool_choice: { type: "allowed_tools", mode, tools: names.map(chosen) },
  });
  const { tools: left, toolChoice } = decode(allowed("required", "h", "f"));
  assertEquals(left?.map(({ name }) => name), ["f", "h"]);
  assertEquals(toolChoice, { type: "required" });
  assertRefused(allowed("auto", "x"), {
    param: "tool_choice.tools[0].name",
    code: "invalid_value",
  });
  const code = "missing_required_parameter";
  assertRefused(allowed("auto"), { param: "tool_choice.tools", code });
  assertRefused(allowed(null, "f"), { param: "tool_choice.mode", code });
});

Deno.test("M15: schemas keep their numbers", () => {
  const schema = '{"type":"object","maximum":12345678901234567890}';
  const { tools, output } = decodeResponsesRequest(
    parseJsonDocument(new TextEncoder().encode(
      `{"model":"m","input":"x","tools":[{"type":"function","name":"f","parameters":${schema}}],"text":{"format":{"type":"json_schema","name":"n","schema":${schema}}}}`,
    )),
  );
  assertEquals(JSON.stringify(tools?.[0]?.parameters), schema);
  assert(output?.type === "json_schema");
  assertEquals(JSON.stringify(output.schema), schema);
});
