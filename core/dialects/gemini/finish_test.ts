import { assertEquals } from "@std/assert";
import { finishClass } from "./finish.ts";

Deno.test("D15, O1: reasons to stop have their classes", () => {
  const classes: Readonly<Record<string, readonly string[]>> = {
    stop: ["STOP"],
    length: ["MAX_TOKENS", "CONTINUATION"],
    filter: [
      "SAFETY",
      "RECITATION",
      "LANGUAGE",
      "BLOCKLIST",
      "PROHIBITED_CONTENT",
      "SPII",
      "MODEL_ARMOR",
      "IMAGE_SAFETY",
      "IMAGE_PROHIBITED_CONTENT",
      "IMAGE_RECITATION",
    ],
    error: [
      "MALFORMED_FUNCTION_CALL",
      "UNEXPECTED_TOOL_CALL",
      "TOO_MANY_TOOL_CALLS",
      "OTHER",
      "NO_IMAGE",
      "A_LATER_ONE",
      "toString",
    ],
  };
  for (const [finish, reasons] of Object.entries(classes)) {
    for (const reason of reasons) {
      assertEquals(finishClass(reason, false) as string, finish);
    }
  }
});

Deno.test("D13, A16: tool calls make tool of stop, and of nothing else", () => {
  assertEquals(finishClass("STOP", true), "tool");
  assertEquals(finishClass("MAX_TOKENS", true), "length");
  assertEquals(finishClass("SAFETY", true), "filter");
});
