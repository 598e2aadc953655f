import { assertEquals } from "@std/assert";
import { connectionRoom } from "./_file_limit.ts";

function limits(open: string): string {
  return `Limit   Soft Limit  Hard Limit  Units
Max open files            ${open}                 524288               files
Max locked memory         8388608              8388608              bytes
`;
}

function refused(): never {
  throw new Deno.errors.NotCapable("Requires all access");
}

Deno.test("P4: connectionRoom() is half of what may be open, less a reserve", () => {
  const room = (open: string): number | undefined =>
    connectionRoom({ env: () => "4096", readLimits: () => limits(open) });
  assertEquals(room("256"), 96);
  assertEquals(room("65536"), 32_736);
  assertEquals(room("16"), 1);
  assertEquals(room("unlimited"), 2016);
});

Deno.test("P4: connectionRoom() goes by LLM_PROXY_OPEN_FILES where the system's account is closed to it", () => {
  const room = (text: string | undefined): number | undefined =>
    connectionRoom({
      env: (name) => name === "LLM_PROXY_OPEN_FILES" ? text : undefined,
      readLimits: refused,
    });
  assertEquals(room("256"), 96);
  for (const text of [undefined, "", "unlimited", "-1", "1e9"]) {
    assertEquals(room(text), undefined);
  }
});
