import { assertEquals } from "@std/assert";
import { lorem } from "./_lorem.ts";
import { estimateTokens } from "./_text.ts";

Deno.test("lorem() writes about 50 tokens without a limit", () => {
  const tokens = estimateTokens(lorem().length);
  assertEquals(tokens >= 45 && tokens <= 55, true, `${tokens}`);
});

Deno.test("lorem() writes more than the limit, so that the limit cuts it", () => {
  for (const limit of [1, 10, 1_000]) {
    assertEquals(estimateTokens(lorem(limit).length), limit + 1);
    assertEquals(lorem(limit), lorem(1_000).slice(0, limit * 4 + 1));
  }
});

Deno.test("lorem() stops at 100,000 tokens", () => {
  assertEquals(lorem(Number.MAX_SAFE_INTEGER).length, 400_000);
});
