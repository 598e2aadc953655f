import { assertEquals } from "@std/assert";
import { constantFields, plainJson } from "./constant_fields.ts";
import { StructuredLogger } from "./structured_logger.ts";

Deno.test("constantFields() are written as any others, in every place and order", () => {
  const lines: string[] = [];
  const sink = (line: string): void =>
    void lines.push(line.slice(line.indexOf('"level"')));
  const json = new StructuredLogger({ format: "json", sink });
  const first = { text: 'a"\u2028', count: 1.5, none: undefined };
  const second = { error: new TypeError("Broken") };
  for (const mark of [(fields: typeof first) => fields, constantFields]) {
    json.info("m", mark(first));
    json.child({ bound: 1 }).info("m", first);
    json.info("m", { ...first, count: 2 });
  }
  assertEquals(lines.slice(3), lines.slice(0, 3));
  // What is not plain is rendered each time, as the level says.
  constantFields(second);
  assertEquals(plainJson(second), undefined);
  json.error("m", second);
  json.level = "debug";
  json.error("m", second);
  assertEquals(lines[6]?.includes("stack"), false);
  assertEquals(lines[7]?.includes("stack"), true);
});

Deno.test("plainJson() remembers no fields but the latest constant ones", () => {
  const changing = { count: 1 };
  assertEquals(plainJson(changing), '{"count":1}');
  changing.count = 2;
  assertEquals(plainJson(changing), '{"count":2}');
  const former = constantFields({ count: 3 });
  assertEquals(plainJson(former), '{"count":3}');
  assertEquals(plainJson(constantFields({ count: 4 })), '{"count":4}');
  assertEquals(plainJson(former), '{"count":3}');
});
