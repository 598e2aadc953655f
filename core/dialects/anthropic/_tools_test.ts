import { assertEquals, assertThrows } from "@std/assert";
import type { Conversation, Tool } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import { encode } from "./_test_encode.ts";

const LOOK: Tool = {
  name: "look",
  description: "Looks",
  parameters: { type: "object", properties: { at: { type: "string" } } },
};

function choice(part: Partial<Conversation>, model?: string): unknown {
  return encode({ tools: [LOOK], ...part }, model).body.tool_choice;
}

Deno.test("encodeRequest() writes a tool with name, description and schema", () => {
  const { body } = encode({
    tools: [LOOK, { name: "now", parameters: {} }],
  });
  assertEquals(body.tools, [
    { name: "look", description: "Looks", input_schema: LOOK.parameters },
    { name: "now", input_schema: { type: "object" } },
  ]);
  assertEquals("tool_choice" in body, false);
});

Deno.test("C42, O4: the choice of tool", () => {
  assertEquals(choice({ toolChoice: { type: "auto" } }), { type: "auto" });
  assertEquals(choice({ toolChoice: { type: "none" } }), { type: "none" });
  assertEquals(choice({ toolChoice: { type: "required" } }), { type: "any" });
  assertEquals(choice({ toolChoice: { type: "tool", name: "look" } }), {
    type: "tool",
    name: "look",
  });
});

Deno.test("A29: parallel_tool_calls false is disable_parallel_tool_use", () => {
  const single = { disable_parallel_tool_use: true };
  assertEquals(choice({ parallelToolCalls: false }), {
    type: "auto",
    ...single,
  });
  assertEquals(
    choice({ parallelToolCalls: false, toolChoice: { type: "required" } }),
    { type: "any", ...single },
  );
  assertEquals(
    choice({ parallelToolCalls: false, toolChoice: { type: "none" } }),
    { type: "none" },
  );
  assertEquals(choice({ parallelToolCalls: true }), undefined);
});

Deno.test("C42: without tools no choice is sent, and a call can't be required", () => {
  const { body } = encode({
    toolChoice: { type: "none" },
    parallelToolCalls: false,
  });
  assertEquals("tool_choice" in body, false);
  const error = assertThrows(
    () => encode({ toolChoice: { type: "required" } }),
    GatewayError,
  );
  assertEquals([error.status, error.param], [400, "tool_choice"]);
});

Deno.test("C14: a model that can't be forced gets auto, which is reported", () => {
  const { body, losses } = encode(
    { tools: [LOOK], toolChoice: { type: "required" } },
    "claude-opus-5-5",
  );
  assertEquals(body.tool_choice, { type: "auto" });
  assertEquals(losses, [
    "approximated: tool_choice (this model can't be forced: auto)",
  ]);
});

const STRICT: Tool = {
  name: "add",
  strict: true,
  parameters: {
    type: "object",
    properties: { n: { type: "integer", minimum: 1 } },
    required: ["n"],
    additionalProperties: false,
  },
};

Deno.test("O5: a strict tool stays strict, with a schema that the provider takes", () => {
  const { body, losses } = encode({ tools: [STRICT] });
  assertEquals(body.tools, [{
    name: "add",
    input_schema: {
      type: "object",
      properties: { n: { type: "integer", description: "(minimum: 1)" } },
      required: ["n"],
      additionalProperties: false,
    },
    strict: true,
  }]);
  assertEquals(losses, [
    "changed: tools[0].function.parameters (not enforced as given: minimum)",
  ]);
});

Deno.test("O5: strict is dropped and reported where the model does not know it", () => {
  const { body, losses } = encode({ tools: [STRICT] }, "claude-3-7-sonnet");
  assertEquals(body.tools, [
    { name: "add", input_schema: STRICT.parameters },
  ]);
  assertEquals(losses, ["dropped: tools[0].function.strict (anthropic)"]);
});
