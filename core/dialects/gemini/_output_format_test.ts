import { assertEquals } from "@std/assert";
import type { OutputFormat, Tool } from "../../conversation.ts";
import { encode } from "./_test_encode.ts";

const SCHEMA = { type: "object", properties: { a: { type: "string" } } };
const FORMAT: OutputFormat = {
  type: "json_schema",
  name: "x",
  schema: SCHEMA,
  strict: true,
};
const LOOK: Tool = { name: "look", parameters: SCHEMA };

Deno.test("D21, O5: JSON mode is the media type alone", () => {
  const { body, losses } = encode({ output: { type: "json" } });
  assertEquals(body.generationConfig as object, {
    responseMimeType: "application/json",
  });
  assertEquals(losses, []);
});

Deno.test("D21, A28, O5: a schema goes along with the media type", () => {
  const { body, losses } = encode({
    output: { ...FORMAT, description: "An X" },
  });
  assertEquals(body.generationConfig as object, {
    responseMimeType: "application/json",
    responseJsonSchema: { description: "An X", ...SCHEMA },
  });
  assertEquals(losses, []);
});

Deno.test("D20, D21: what of the schema has no force is told", () => {
  const schema = { properties: { a: { type: "string", minLength: 1 } } };
  assertEquals(encode({ output: { ...FORMAT, schema } }).losses, [
    "changed: response_format.json_schema.schema (not enforced as given: minLength)",
  ]);
});

Deno.test("D21: beside tools the form is asked for in the prompt before Gemini 3", () => {
  const { body, losses } = encode({ output: FORMAT, tools: [LOOK] });
  assertEquals("generationConfig" in body, false);
  const { parts } = body.systemInstruction as { parts: { text: string }[] };
  assertEquals(parts[0]!.text.endsWith(JSON.stringify(SCHEMA)), true);
  assertEquals(losses, [
    "approximated: response_format (asked for in the prompt)",
  ]);
  const modern = encode({ output: FORMAT, tools: [LOOK] }, "gemini-3-flash");
  assertEquals("generationConfig" in modern.body, true);
  assertEquals(modern.losses, []);
});
