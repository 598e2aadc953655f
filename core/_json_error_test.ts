import { assertEquals } from "@std/assert";
import { jsonErrorCause, placeOfJsonError } from "./_json_error.ts";

function thrownBy(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}

const SECRET = "hunter2";
const texts: [text: string, message: string][] = [
  [`{"${SECRET}":nope}`, "Invalid JSON"],
  [`{"a":"${SECRET.repeat(20)}",}`, "Invalid JSON at line 1, column 149"],
  [`${SECRET} at position 7`, "Invalid JSON"],
  [`["at position 7" ${SECRET}]`, "Invalid JSON at line 1, column 18"],
  [`{"a":"${SECRET}"`, "Invalid JSON at line 1, column 15"],
  [`{"a":["${SECRET}",`, "Invalid JSON at the end"],
  ["", "Invalid JSON at the end"],
];

for (const [text, message] of texts) {
  Deno.test(`X11: the cause of a failure to parse ${JSON.stringify(text)} holds no text of it`, () => {
    const cause = jsonErrorCause(thrownBy(text));
    assertEquals([cause.name, cause.message], ["SyntaxError", message]);
    assertEquals(cause.cause, undefined);
    assertEquals(cause.stack?.includes(SECRET), false);
  });
}

Deno.test("placeOfJsonError() counts from 1 where the engine tells no line", () => {
  const error = new SyntaxError("Unexpected token x in JSON at position 0");
  assertEquals(placeOfJsonError(error), "character 1");
});
