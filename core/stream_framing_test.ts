import { assertEquals } from "@std/assert";
import { sseFraming } from "./stream_framing.ts";

function isStray(start: string): boolean | undefined {
  return sseFraming.isStray(new TextEncoder().encode(start));
}

Deno.test("M20: a body is told from an event stream by its first visible byte", () => {
  assertEquals(isStray(`{"error":{}}`), true);
  assertEquals(isStray(`\r\n [`), true);
  assertEquals(isStray("data: {}"), false);
  assertEquals(isStray(": {ping}"), false);
  assertEquals(isStray("\ufeffdata: {}"), false);
});

Deno.test("M20: white space alone does not tell", () => {
  assertEquals(isStray(""), undefined);
  assertEquals(isStray(" \r\n"), undefined);
});
