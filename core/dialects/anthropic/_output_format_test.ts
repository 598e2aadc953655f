import { assertEquals, assertStringIncludes } from "@std/assert";
import type { OutputFormat } from "../../conversation.ts";
import { encode, system, user } from "./_test_encode.ts";

const SCHEMA = {
  type: "object",
  properties: { a: { type: "string" } },
  required: ["a"],
  additionalProperties: false,
};
const OUTPUT: OutputFormat = {
  type: "json_schema",
  name: "answer",
  schema: SCHEMA,
  strict: true,
};

Deno.test("A28, O5: a schema goes into output_config.format", () => {
  const { body, losses } = encode({ output: OUTPUT });
  assertEquals(body.output_config, {
    format: { type: "json_schema", schema: SCHEMA },
  });
  assertEquals(losses, []);
});

Deno.test("O5: the format's description goes into a schema that has none", () => {
  const { body } = encode({ output: { ...OUTPUT, description: "An answer" } });
  assertEquals(body.output_config, {
    format: {
      type: "json_schema",
      schema: { description: "An answer", ...SCHEMA },
    },
  });
});

Deno.test("O5: the format's description is reported where the schema has its own", () => {
  const schema = { ...SCHEMA, description: "Mine" };
  const { losses } = encode({
    output: { ...OUTPUT, schema, description: "An answer" },
  });
  assertEquals(losses, [
    "dropped: response_format.json_schema.description (the schema has its own)",
  ]);
});

Deno.test("O5, O6: format and effort share output_config", () => {
  const { body } = encode(
    { output: OUTPUT, reasoning: { effort: "low" } },
    "claude-opus-5",
  );
  assertEquals(body.output_config, {
    effort: "low",
    format: { type: "json_schema", schema: SCHEMA },
  });
});

Deno.test("O5: what the schema loses is reported", () => {
  const { losses } = encode({
    output: { ...OUTPUT, schema: { ...SCHEMA, minProperties: 1 } },
  });
  assertEquals(losses, [
    "changed: response_format.json_schema.schema (not enforced as given: minProperties)",
  ]);
});

Deno.test("O5: free JSON is asked for behind the system prompt and reported", () => {
  const { body, losses } = encode({
    messages: [system("Head"), user("Hi")],
    output: { type: "json" },
  });
  const [head, instruction] = body.system as { text: string }[];
  assertEquals(head?.text, "Head");
  assertStringIncludes(instruction?.text ?? "", "one JSON object");
  assertEquals("output_config" in body, false);
  assertEquals(losses, [
    "approximated: response_format (asked for in the prompt)",
  ]);
});

Deno.test("A28: a model without native schemas gets the schema in the prompt", () => {
  const { body, losses } = encode({ output: OUTPUT }, "claude-sonnet-4");
  const [instruction] = body.system as { text: string }[];
  assertStringIncludes(instruction?.text ?? "", JSON.stringify(SCHEMA));
  assertEquals("output_config" in body, false);
  assertEquals(losses, [
    "approximated: response_format (asked for in the prompt)",
  ]);
});
