import { assertEquals } from "@std/assert";
import { assertRefused, decode } from "./_test_client_decode.ts";

const SCHEMA = { type: "object", properties: { a: { type: "string" } } };

Deno.test("C15, C16, O6: thinking and effort are read as they are asked for", () => {
  const cases: readonly (readonly [
    fields: Record<string, unknown>,
    reasoning: unknown,
    unmapped?: readonly string[],
  ])[] = [
    [{}, undefined],
    [{ thinking: { type: "enabled", budget_tokens: 2048 } }, {
      budgetTokens: 2048,
    }],
    [{ thinking: { type: "adaptive" } }, { effort: "high" }],
    [
      {
        thinking: { type: "adaptive", display: "summarized" },
        output_config: { effort: "max" },
      },
      { effort: "max" },
    ],
    [{ output_config: { effort: "low" } }, { effort: "low" }],
    [{ thinking: { type: "disabled" } }, { effort: "none" }],
    [{ thinking: { type: "between_tools" } }, { effort: "none" }, [
      "thinking.type",
    ]],
    [
      {
        thinking: { type: "disabled" },
        output_config: { effort: "low", task_budget: {} },
      },
      { effort: "none" },
      ["output_config.task_budget", "output_config.effort"],
    ],
    [{ thinking: { type: "adaptive", display: "omitted" } }, {
      effort: "high",
    }, ["thinking.display"]],
  ];
  for (const [fields, reasoning, unmapped = []] of cases) {
    const read = decode(fields);
    assertEquals([read.reasoning, read.unmapped], [reasoning, unmapped]);
  }
  assertRefused({ thinking: { type: "enabled", budget_tokens: 1000 } }, {
    param: "thinking.budget_tokens",
    code: "integer_below_min_value",
  });
  assertRefused({ thinking: { type: "enabled" } }, {
    param: "thinking.budget_tokens",
    code: "missing_required_parameter",
  });
  assertRefused({ output_config: { effort: "huge" } }, {
    param: "output_config.effort",
    code: "invalid_value",
  });
});

Deno.test("A28, O5: the answer's schema is read from either place", () => {
  const format = { type: "json_schema", schema: SCHEMA };
  const output = {
    type: "json_schema",
    name: "answer",
    schema: SCHEMA,
    strict: true,
  };
  assertEquals(decode({ output_config: { format } }).output as unknown, output);
  assertEquals(decode({ output_format: format }).output as unknown, output);
  assertEquals(decode({ output_format: null }).output, undefined);
  assertRefused({ output_format: { type: "json_schema", schema: [] } }, {
    param: "output_format.schema",
    code: "invalid_type",
  });
});
