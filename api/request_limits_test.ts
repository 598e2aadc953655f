import { assertEquals, assertThrows } from "@std/assert";
import { Access } from "./access.ts";
import { RequestLimits } from "./request_limits.ts";

Deno.test("RequestLimits forgets the limits of keys that are gone, each of its own kind", () => {
  const limits = new RequestLimits({});
  const caller = (id: string, isStored: boolean): Access =>
    new Access({ id, isStored, limits: ["1/hour"] });
  const ask = (access: Access): unknown =>
    limits.admit("/v1/x", { caller: access, bytes: 0 });
  const stored = caller("stored", true);
  const kept = caller("kept", false);
  for (let at = 0; at < 100; at++) ask(caller(`config-${at}`, false));
  ask(stored);
  ask(kept);
  assertEquals(limits.owners, 102);
  limits.forgetConfigured(["kept", "new"]);
  assertEquals(limits.owners, 2);
  // What it has counted goes on.
  assertThrows(() => ask(kept));
  limits.forget([]);
  assertEquals(limits.owners, 1);
  limits.forgetConfigured([]);
  assertEquals(limits.owners, 0);
});
