import { assertEquals } from "@std/assert";
import { csvLines, jsonLines } from "./_usage_lines.ts";

const ROW = {
  id: "req_1",
  at: 0,
  route: "/v1/x",
  state: "settled",
  status: 200,
  durationMs: 3,
  attempts: [],
} as const;

Deno.test("C12: csvLines() quotes what would break out of its cell, and defuses formulas", () => {
  const line = csvLines({ ...ROW, model: '=cmd|"x",\n', key: "a,b" });
  assertEquals(line.split("\r\n").length, 2);
  assertEquals(line.includes(`"'=cmd|""x"",\n"`), true);
  assertEquals(line.includes(`"a,b"`), true);
});

Deno.test("jsonLines() keeps a request on one line, its budgets to itself", () => {
  const line = jsonLines({
    ...ROW,
    model: "a\nb",
    cost: 1_500_000,
    attempts: [{
      provider: "p",
      model: "m",
      reserved: 2_000_000,
      outcome: "ok",
      cost: 1_500_000,
      charges: [["team", "a", "2026-11"]],
    }],
  });
  assertEquals(line.indexOf("\n"), line.length - 1);
  const { attempts, cost_microdollars: cost } = JSON.parse(line);
  assertEquals([cost, attempts[0].reserved_microdollars], [1.5, 2]);
  assertEquals("charges" in attempts[0], false);
});
