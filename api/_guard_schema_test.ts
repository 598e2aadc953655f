import { type AnswerPart, GatewayError } from "@llm-proxy/core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { schemaCheck } from "./_guard_schema.ts";

const said = (...parts: readonly AnswerPart[]) =>
  ({ id: "1", model: "m", parts, finish: "stop" }) as const;
const text = (text: string): AnswerPart => ({ type: "text", text });

Deno.test("schemaCheck() tells where an answer does not fit, and looks at its words alone", async () => {
  const check = await schemaCheck({
    $defs: { name: { type: "string", minLength: 2 } },
    type: "object",
    required: ["name"],
    properties: { name: { $ref: "#/$defs/name" } },
    additionalProperties: false,
  });
  assertEquals(check(said(text('{"na'), text('me":"Ann"}'))), undefined);
  assertEquals(
    check(said({ type: "reasoning", text: "Hm" }, text('{"name":"Ann"}'))),
    undefined,
  );
  assertEquals(check(said(text("Here: {}"))), "It is not valid JSON");
  assertEquals(check(said()), "It is not valid JSON");
  assert(check(said(text('{"name":"A"}')))?.includes("name"));
  assert(check(said(text('{"name":"Ann","__proto__":1}'))));
  assert(
    (check(said(text(`[${"1,".repeat(100_000)}1]`)))?.length ?? 0) < 2_001,
  );
  const call = {
    type: "tool_call",
    id: "c",
    name: "f",
    arguments: "",
  } as const;
  assertEquals(check(said(text("I ask"), call)), undefined);
  assertEquals(check(said({ type: "refusal", text: "No." })), undefined);
});

Deno.test("schemaCheck() says of a schema that can't be used that it can't", async () => {
  for (const schema of [{ $ref: "#/nowhere" }, { pattern: "(" }]) {
    const check = await schemaCheck(schema);
    const error = assertThrows(() => check(said(text('"a"'))), GatewayError);
    assertEquals(error.code, "guardrail_schema_invalid");
  }
});
