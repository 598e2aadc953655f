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
  for (
    const schema of [
      { $ref: "#/nowhere" },
      { pattern: "(" },
      { patternProperties: { "(?=a)": true } },
    ]
  ) {
    const check = await schemaCheck(schema);
    const error = assertThrows(
      () => check(said(text('{"a":"a"}'))),
      GatewayError,
    );
    assertEquals(error.code, "guardrail_schema_invalid");
  }
});

Deno.test("X12: schemaCheck() runs patterns in linear time, wherever they stand", async () => {
  const long = "a".repeat(30_000);
  const check = await schemaCheck({
    type: "object",
    properties: {
      pattern: { type: "string", pattern: "^(a+)+$" },
      const: { pattern: "^\\u0061\\d?" },
      both: { format: "date", pattern: "^2" },
    },
    patternProperties: { "^(n+)+$": { $ref: "#/$defs/few" }, "^x_": false },
    additionalProperties: false,
    $defs: { few: { allOf: [{ minLength: 1 }], pattern: "^(b|b)*$" } },
  });
  const fits = (value: unknown): string | undefined =>
    check(said(text(JSON.stringify(value))));
  assertEquals(
    fits({ pattern: long, const: "a1", both: "2026-11-23", nnn: "bb" }),
    undefined,
  );
  for (
    const value of [
      { pattern: `${long}!` },
      { const: "b" },
      { both: "2026" },
      { both: "1999-01-01" },
      { nn: "" },
      { nn: `${"b".repeat(30_000)}a` },
      { [`${"n".repeat(30_000)}m`]: 1 },
      { x_: 1 },
      { other: 1 },
    ]
  ) {
    const fault = fits(value);
    assert(fault !== undefined, Object.keys(value)[0]?.slice(0, 9));
    assert(!fault.includes("llm-proxy"), fault);
  }
  assert(fits({ const: "b" })?.includes('pattern "'));
});

Deno.test("schemaCheck() takes what looks like a pattern in a value for a value", async () => {
  const check = await schemaCheck({
    enum: [{ pattern: "(" }, { patternProperties: { "(": 1 } }],
  });
  assertEquals(check(said(text('{"pattern":"("}'))), undefined);
});
