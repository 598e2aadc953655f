import { assert, assertEquals } from "@std/assert";
import { withoutEcho } from "./echo.ts";

Deno.test("withoutEcho() takes out what a text repeats, and leaves the rest", () => {
  const prompt = "Please mail jane.doe@example.org about case 4711-XK.";
  const cases: readonly (readonly [string, string])[] = [
    ["Bad input: jane.doe@example.org", "Bad input:[redacted]"],
    [`Echo "${prompt}" end`, 'Echo "[redacted]" end'],
    ["The model is overloaded", "The model is overloaded"],
    ["Please wait", "Please wait"],
    ["", ""],
  ];
  for (const [text, expected] of cases) {
    assertEquals(withoutEcho(text, prompt), expected);
  }
  assertEquals(
    withoutEcho("Bad input: jane.doe@example.org", ""),
    "Bad input: jane.doe@example.org",
  );
  // What looks drawn at random is found in shorter runs.
  assertEquals(
    withoutEcho("A wrong value: Zu2Rq8Tn", "id Zu2Rq8Tn, and more"),
    "A wrong value:[redacted]",
  );
});

Deno.test("X12: withoutEcho() takes linear time, whatever it is given", () => {
  const start = performance.now();
  for (const unit of ["a", "ab", "messages ", "0123456789abcdef"]) {
    const source = unit.repeat(10_000_000 / unit.length);
    withoutEcho(unit.repeat(8_192 / unit.length), source);
  }
  const took = performance.now() - start;
  assert(took < 10_000, `${took} ms`);
});
