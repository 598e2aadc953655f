import { assertEquals, assertMatch } from "@std/assert";
import { newRequestId } from "./_request_id.ts";

Deno.test("newRequestId() never gives an id twice", () => {
  const ids = Array.from({ length: 1_000 }, newRequestId);
  for (const id of ids) assertMatch(id, /^req_[0-9a-f]{32}$/);
  assertEquals(new Set(ids).size, ids.length);
  // Nor what is a part of another.
  const halves = ids.flatMap((id) => [id.slice(4, 20), id.slice(20)]);
  assertEquals(new Set(halves).size, halves.length);
});
