import { assert, assertEquals } from "@std/assert";
import { LossReport } from "./loss_report.ts";

Deno.test("LossReport is empty until something is lost", () => {
  const report = new LossReport();
  assert(report.empty);
  assertEquals(report.losses, []);
  assertEquals(report.toString(), "");
  report.add("changed", "temperature", "1 is the highest");
  assert(!report.empty);
});

Deno.test("LossReport.add() keeps the order and notes the same loss once", () => {
  const report = new LossReport();
  report.add("dropped", "seed", "anthropic");
  report.add("approximated", "reasoning_effort", "low");
  report.add("dropped", "seed", "anthropic");
  report.add("dropped", "seed", "other");
  report.add("changed", "seed", "anthropic");
  assertEquals(report.losses, [
    { action: "dropped", field: "seed", detail: "anthropic" },
    { action: "approximated", field: "reasoning_effort", detail: "low" },
    { action: "dropped", field: "seed", detail: "other" },
    { action: "changed", field: "seed", detail: "anthropic" },
  ]);
  assertEquals(
    report.toString(),
    "dropped: seed (anthropic); approximated: reasoning_effort (low); " +
      "dropped: seed (other); changed: seed (anthropic)",
  );
});

Deno.test("LossReport.add() names 32 losses and counts the rest", () => {
  const report = new LossReport();
  for (let i = 0; i < 32; i++) report.add("dropped", `messages[${i}]`, "x");
  assertEquals(report.toString().includes("more"), false);
  for (let i = 0; i < 1_000; i++) report.add("changed", `tools[${i}]`, "x");
  // One that is known is not counted either.
  report.add("dropped", "messages[0]", "x");
  assertEquals(report.losses.length, 32);
  assert(report.toString().endsWith("messages[31] (x); and 1000 more"));
});

Deno.test("C12: LossReport.toString() is one line of ASCII, bounded whatever callers name their fields", () => {
  const report = new LossReport();
  const hostile = `a\r\nx-evil: 1\0\x7f日本${"y".repeat(1_000_000)}`;
  for (let i = 0; i < 100; i++) {
    report.add("dropped", `${i}${hostile}`, `${i}${hostile}`);
  }
  const line = report.toString();
  assert(/^[\x20-\x7e]+$/.test(line), line.slice(0, 200));
  assert(line.length < 8_000, `${line.length} characters`);
  assert(JSON.stringify(report.losses).length < 16_000);
});
