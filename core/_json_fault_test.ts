import { assert, assertEquals } from "@std/assert";
import { describeJsonFault, describePlace } from "./_json_fault.ts";

function fault(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    return describeJsonFault(text, error);
  }
  throw new Error("Cannot find a fault: the text is JSON");
}

const MANY = 10_000_000;

Deno.test("C5: a fault near the start is told in our words, whatever comes behind it", () => {
  const tail = "[],".repeat(100_000);
  assertEquals(
    fault(`{"a":1,\n"b":x,${tail}`),
    ": expected a value at line 2, column 5",
  );
  assertEquals(
    fault(`{"a":1}${tail}`),
    ": unexpected text after the end at line 1, column 8",
  );
});

Deno.test("C5: of a fault far behind the start only the engine's place is told", () => {
  const head = `{"a":[${"1,".repeat(MANY)}`;
  assertEquals(fault(`${head}1}`), ` at line 1, column ${head.length + 2}`);
  assertEquals(fault(head), " at the end");
  // The engine quotes the text here and tells no place.
  assertEquals(fault(`${head}x`), "");
  assertEquals(describeJsonFault(`${head}1}`), "");
});

Deno.test("C5: what the end of the part that is read has cut is no fault of the text", () => {
  const pieces = ["false", "\\u0041", "-1.5e+10", '"\\n"', "[[]]", "1 ,2"];
  for (const piece of pieces) {
    for (let before = 32_750; before < 32_770; before++) {
      const isString = piece === "\\u0041";
      const start = isString ? '{"a":"' : '{"a":[0,';
      const text = start + (isString ? "x" : " ").repeat(before) + piece;
      const said = describeJsonFault(text + " ".repeat(100));
      assert(said === "" || said.startsWith(": unexpected end"), said);
    }
  }
});

Deno.test("C5: a fault in 30 MB is found, or not, in bounded time", () => {
  const texts = [
    `{"a":[${"1,".repeat(MANY)}}`,
    `{"a":[${"[],".repeat(MANY)}}`,
    `{"a":[${"\n".repeat(3 * MANY)}}`,
    `{${'"a":1,'.repeat(MANY / 2)}}`,
    `{"a":"${"x".repeat(3 * MANY)}`,
    `{"a":["${"\\n".repeat(MANY)}"`,
    `{"a":x${"\n".repeat(3 * MANY)}}`,
  ];
  for (const text of texts) {
    // In one piece, as it comes off the wire.
    const flat = new TextDecoder().decode(new TextEncoder().encode(text));
    let best = Infinity;
    // Again where the machine was too busy to tell.
    for (let tries = 0; best >= 100 && tries < 10; tries++) {
      const start = performance.now();
      describeJsonFault(flat, new SyntaxError());
      describePlace(flat, flat.length);
      best = Math.min(best, performance.now() - start);
    }
    assert(best < 100, `${best} ms for ${text.slice(0, 20)}`);
  }
});

Deno.test("describePlace() counts lines as far as that is cheap", () => {
  assertEquals(describePlace("a\nb\nc", 4), "line 3, column 1");
  assertEquals(describePlace("a\nb\nc", 3), "line 2, column 2");
  const text = "\n".repeat(20_000);
  assertEquals(describePlace(text, 15_000), "character 15001");
});
