import { assertEquals, assertThrows } from "@std/assert";
import { ApiError } from "./_api_error.ts";
import { parseBody, readBoolean, readInteger } from "./_json_fields.ts";

Deno.test("K17: parseBody() refuses what is no JSON object", () => {
  for (const body of [undefined, "", "{", "[]", "null", "1", '"x"', "{}x"]) {
    assertEquals(assertThrows(() => parseBody(body), ApiError).status, 400);
  }
  assertEquals(parseBody('{"a":1}'), { a: 1 });
});

Deno.test("readBoolean() takes absent and null as false and refuses other types", () => {
  assertEquals(readBoolean({}, "stream"), false);
  assertEquals(readBoolean({ stream: null }, "stream"), false);
  assertEquals(readBoolean({ stream: true }, "stream"), true);
  assertThrows(() => readBoolean({ stream: 1 }, "stream"), ApiError, "stream");
});

Deno.test("readInteger() takes whole numbers between the bounds only", () => {
  const read = (n: unknown): number | undefined =>
    readInteger({ n }, { name: "n", min: 1, max: 8 });
  assertEquals([read(undefined), read(null), read(1), read(8)], [
    undefined,
    undefined,
    1,
    8,
  ]);
  for (const wrong of [0, 9, 1.5, "1", true, {}, []]) {
    assertThrows(() => read(wrong), ApiError, "'n'");
  }
});
