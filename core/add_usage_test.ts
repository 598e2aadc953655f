import { assertEquals } from "@std/assert";
import { addUsage } from "./add_usage.ts";
import type { Usage } from "./answer.ts";

const usage: Usage = {
  input: 1,
  cached: 2,
  cacheWrite: 3,
  cacheWrite1h: 4,
  output: 5,
  reasoning: 6,
  total: 7,
};

Deno.test("addUsage() adds every count, and takes what there is", () => {
  assertEquals(addUsage(usage, usage), {
    input: 2,
    cached: 4,
    cacheWrite: 6,
    cacheWrite1h: 8,
    output: 10,
    reasoning: 12,
    total: 14,
  });
  assertEquals(addUsage(usage, undefined), usage);
  assertEquals(addUsage(undefined, usage), usage);
  assertEquals(addUsage(undefined, undefined), undefined);
});
