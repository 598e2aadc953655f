import { assertEquals } from "@std/assert";
import type { FinishClass } from "../../answer.ts";
import { LossReport } from "../../loss_report.ts";
import { finishClass } from "./finish.ts";

Deno.test("O1, C21, C22: each reason to stop has a class", () => {
  const classes: [string, FinishClass][] = [
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["pause_turn", "length"],
    ["tool_use", "tool"],
    ["refusal", "refusal"],
  ];
  for (const [reason, finish] of classes) {
    assertEquals(finishClass(reason, false), finish, reason);
  }
});

Deno.test("C20, C21: what is only nearly the reason is reported", () => {
  const losses = new LossReport();
  for (const reason of ["pause_turn", "brand_new", "end_turn", "refusal"]) {
    finishClass(reason, false, losses);
  }
  assertEquals(
    losses.toString(),
    "approximated: answer.stop_reason (pause_turn); " +
      "approximated: answer.stop_reason (brand_new)",
  );
});

Deno.test("C20: reasons that nobody knows yet count as stop", () => {
  for (const reason of ["brand_new", "", "constructor", "__proto__"]) {
    assertEquals(finishClass(reason, false), "stop");
  }
});

Deno.test("A16: with tool calls a stop is tool, a cut or a refusal stays", () => {
  assertEquals(finishClass("end_turn", true), "tool");
  assertEquals(finishClass("brand_new", true), "tool");
  assertEquals(finishClass("max_tokens", true), "length");
  assertEquals(finishClass("refusal", true), "refusal");
});
