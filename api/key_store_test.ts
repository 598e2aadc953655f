import { MemoryStateStore } from "@llm-proxy/context";
import { assert, assertEquals } from "@std/assert";
import { KeyStore } from "./key_store.ts";

Deno.test("S7: a key that is made after the state was lost is good in every process, and after a restart", async () => {
  const state = new MemoryStateStore();
  const keys = new KeyStore(state);
  await keys.create({ name: "before" });
  for (const { key } of (await state.list([])).entries) await state.delete(key);
  const { key, secret } = await keys.create({ name: "after" });
  const other = new KeyStore(state);
  assert(await other.knownPepper() !== undefined);
  assertEquals(await other.digest(secret), key.digest);
  await state.close();
});
