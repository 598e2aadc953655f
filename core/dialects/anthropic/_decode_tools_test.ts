import { assertEquals } from "@std/assert";
import { assertRefused, decode } from "./_test_client_decode.ts";

const LOOK = { name: "look", input_schema: { type: "object" } };

Deno.test("A29, C42, O4: the choice of tool", () => {
  const cases = [
    [{ type: "auto" }, { type: "auto" }, undefined],
    [
      { type: "any", disable_parallel_tool_use: true },
      { type: "required" },
      false,
    ],
    [
      { type: "tool", name: "look", disable_parallel_tool_use: false },
      { type: "tool", name: "look" },
      true,
    ],
    [{ type: "none" }, { type: "none" }, undefined],
  ] as const;
  for (const [choice, toolChoice, parallel] of cases) {
    const read = decode({ tools: [LOOK], tool_choice: choice });
    assertEquals([read.toolChoice, read.parallelToolCalls] as unknown[], [
      toolChoice,
      parallel,
    ]);
  }
  const without = decode({ tool_choice: { type: "auto" } });
  assertEquals([without.tools, without.toolChoice], [undefined, undefined]);
  const code = "invalid_value";
  assertRefused({ tool_choice: { type: "any" } }, {
    param: "tool_choice.type",
    code,
  });
  assertRefused({ tools: [LOOK], tool_choice: { type: "tool", name: "x" } }, {
    param: "tool_choice.name",
    code,
  });
});

Deno.test("C17: a tool is read with its schema, its mark and its strictness", () => {
  const { tools } = decode({
    tools: [
      {
        ...LOOK,
        description: "Looks",
        strict: true,
        cache_control: { type: "ephemeral", ttl: "5m" },
      },
      { name: "go", input_schema: { properties: {} } },
    ],
  });
  assertEquals(tools, [
    {
      name: "look",
      description: "Looks",
      parameters: { type: "object" },
      strict: true,
      cacheControl: { ttl: "5m" },
    },
    { name: "go", parameters: { type: "object", properties: {} } },
  ]);
  assertRefused({ tools: [{ name: "look" }] }, {
    param: "tools[0].input_schema",
    code: "missing_required_parameter",
  });
  assertRefused({ tools: [{ name: "l", input_schema: { type: "array" } }] }, {
    param: "tools[0].input_schema",
    code: "invalid_value",
  });
});
