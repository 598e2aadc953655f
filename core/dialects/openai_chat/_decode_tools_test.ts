import { assert, assertEquals } from "@std/assert";
import { assertRefused, decode } from "./_test_decode.ts";

const PARAMETERS = { type: "object", properties: { a: { type: "string" } } };

function tool(name: string, fields: Record<string, unknown> = {}): unknown {
  return {
    type: "function",
    function: { name, parameters: PARAMETERS, ...fields },
  };
}

function chosen(name: string): unknown {
  return { type: "function", function: { name } };
}

Deno.test("decodeChatRequest() reads tools", () => {
  assertEquals(
    decode({
      tools: [{
        type: "function",
        function: {
          name: "f",
          description: "d",
          strict: true,
          parameters: PARAMETERS,
        },
        cache_control: { type: "ephemeral" },
      }],
    }).tools,
    [{
      name: "f",
      description: "d",
      parameters: PARAMETERS,
      strict: true,
      cacheControl: {},
    }],
  );
});

Deno.test("decodeChatRequest() makes an object schema of what stands for one", () => {
  const empty = { type: "object", properties: {} };
  const cases: [unknown, unknown][] = [
    [undefined, empty],
    [null, empty],
    [{}, { type: "object" }],
    [{ properties: {} }, empty],
    [PARAMETERS, PARAMETERS],
  ];
  for (const [parameters, expected] of cases) {
    const { tools } = decode({ tools: [tool("f", { parameters })] });
    assertEquals(tools?.[0]?.parameters, expected);
  }
  assertRefused({ tools: [tool("f", { parameters: { type: "string" } })] }, {
    param: "tools[0].function.parameters",
    code: "invalid_function_parameters",
  });
});

Deno.test("B22, C41: hosted and custom tools are refused by name", () => {
  const code = "unsupported_value";
  for (const type of ["web_search", "code_interpreter", "custom"]) {
    const message = assertRefused({ tools: [tool("f"), { type }] }, {
      param: "tools[1].type",
      code,
    });
    assert(message.includes(`"${type}"`));
  }
  assertRefused({ tools: [{ function: { name: "f" } }] }, {
    param: "tools[0].type",
    code: "missing_required_parameter",
  });
  assertRefused({
    tools: [tool("f")],
    tool_choice: { type: "custom", custom: { name: "x" } },
  }, { param: "tool_choice.type", code });
});

Deno.test("A25: unknown members of a tool are named", () => {
  const { unmapped } = decode({ tools: [tool("f", { returns: {} })] });
  assertEquals(unmapped, ["tools[0].function.returns"]);
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
  assertEquals(decode({ tools }).toolChoice, undefined);
  assertRefused({ tools, tool_choice: "any" }, {
    param: "tool_choice",
    code: "invalid_value",
  });
  assertRefused({ tools, tool_choice: chosen("h") }, {
    param: "tool_choice.function.name",
    code: "invalid_value",
  });
});

Deno.test("O4: a choice that needs tools is refused without them", () => {
  assertEquals(
    decode({ tools: [], tool_choice: "auto" }).toolChoice,
    undefined,
  );
  assertRefused({ tool_choice: "required" }, {
    param: "tool_choice",
    code: "invalid_value",
  });
  assertRefused({ tool_choice: chosen("f") }, {
    param: "tool_choice.function.name",
    code: "invalid_value",
  });
});

Deno.test("B23: allowed tools cut the list and set the mode", () => {
  const tools = [tool("f"), tool("g"), tool("h")];
  const { tools: left, toolChoice } = decode({
    tools,
    tool_choice: {
      type: "allowed_tools",
      allowed_tools: { mode: "required", tools: [chosen("h"), chosen("f")] },
    },
  });
  assertEquals(left?.map(({ name }) => name), ["f", "h"]);
  assertEquals(toolChoice, { type: "required" });
  assertRefused({
    tools,
    tool_choice: {
      type: "allowed_tools",
      allowed_tools: { mode: "auto", tools: [chosen("x")] },
    },
  }, {
    param: "tool_choice.allowed_tools.tools[0].function.name",
    code: "invalid_value",
  });
  assertRefused({
    tools,
    tool_choice: {
      type: "allowed_tools",
      allowed_tools: { mode: "auto", tools: [] },
    },
  }, {
    param: "tool_choice.allowed_tools.tools",
    code: "missing_required_parameter",
  });
});

Deno.test("A29: parallel_tool_calls is kept, false included", () => {
  const tools = [tool("f")];
  assertEquals(
    decode({ tools, parallel_tool_calls: false }).parallelToolCalls,
    false,
  );
  assertEquals(
    decode({ tools, parallel_tool_calls: true }).parallelToolCalls,
    true,
  );
  assertEquals(
    decode({ parallel_tool_calls: false }).parallelToolCalls,
    undefined,
  );
});
