import { assertEquals, assertThrows } from "@std/assert";
import type { Tool, ToolChoice } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import { encode } from "./_test_encode.ts";

const LOOK: Tool = {
  name: "look",
  description: "Looks",
  parameters: { type: "object", properties: { at: { type: "string" } } },
};

function declared(tool: Tool): unknown {
  const { body } = encode({ tools: [tool] });
  const [{ functionDeclarations }] = body.tools as [
    { functionDeclarations: [unknown] },
  ];
  return functionDeclarations[0];
}

Deno.test("D20: tools are declared with their JSON Schema", () => {
  assertEquals(
    declared(LOOK),
    {
      name: "look",
      description: "Looks",
      parametersJsonSchema: LOOK.parameters,
    } as unknown,
  );
});

Deno.test("D20: a tool without arguments has no schema, for an empty one is refused", () => {
  for (
    const parameters of [
      {},
      { type: "object" },
      { type: "object", properties: {}, additionalProperties: false },
      { $schema: "x", type: "object", properties: {}, required: [] },
    ]
  ) {
    assertEquals(
      declared({ name: "now", parameters }),
      { name: "now" } as unknown,
    );
  }
  const open = { type: "object", additionalProperties: true };
  assertEquals(
    declared({ name: "any", parameters: open }),
    { name: "any", parametersJsonSchema: open } as unknown,
  );
});

Deno.test("D20: a strict tool is told to be none, with what of its schema has no force", () => {
  const parameters = {
    properties: { at: { type: "string", pattern: "^a" } },
  };
  const { losses } = encode({
    tools: [{ name: "look", parameters, strict: true }],
  });
  assertEquals(losses, [
    "dropped: tools[0].function.strict (gemini)",
    "changed: tools[0].function.parameters (not enforced as given: pattern)",
  ]);
});

Deno.test("D22, O4: the choice of tool becomes a mode, a named one the only allowed", () => {
  const config = (toolChoice: ToolChoice) =>
    encode({ tools: [LOOK], toolChoice }).body.toolConfig as {
      functionCallingConfig: object;
    };
  const mode = (choice: ToolChoice) => config(choice).functionCallingConfig;
  assertEquals(mode({ type: "auto" }), { mode: "AUTO" });
  assertEquals(mode({ type: "none" }), { mode: "NONE" });
  assertEquals(mode({ type: "required" }), { mode: "ANY" });
  assertEquals(mode({ type: "tool", name: "look" }), {
    mode: "ANY",
    allowedFunctionNames: ["look"],
  });
  assertEquals("toolConfig" in encode({ tools: [LOOK] }).body, false);
});

Deno.test("D22: a required call without tools is refused, other choices say nothing then", () => {
  const error = assertThrows(
    () => encode({ toolChoice: { type: "required" } }),
    GatewayError,
  );
  assertEquals([error.status, error.param], [400, "tool_choice"]);
  const { body } = encode({ toolChoice: { type: "none" } });
  assertEquals("toolConfig" in body, false);
});

Deno.test("A29: that calls may not be parallel is lost, and told", () => {
  const { losses } = encode({ tools: [LOOK], parallelToolCalls: false });
  assertEquals(losses, ["dropped: parallel_tool_calls (gemini)"]);
});
