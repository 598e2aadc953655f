import { assertEquals } from "@std/assert";
import { Lines } from "./_config_lines.ts";

Deno.test("Lines.at() counts lines and columns, forwards and backwards", () => {
  const lines = new Lines("ab\n\nc\r\nd");
  const places: [number, number, number][] = [
    [0, 1, 1],
    [2, 1, 3],
    [3, 2, 1],
    [4, 3, 1],
    [7, 4, 1],
    [8, 4, 2],
    [1, 1, 2],
    [4, 3, 1],
  ];
  for (const [offset, line, column] of places) {
    assertEquals(lines.at(offset), { line, column }, `${offset}`);
  }
});
