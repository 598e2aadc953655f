import { assert, assertEquals } from "@std/assert";
import { type KeptThought, MemoryThoughtStore } from "./thought_store.ts";

function thought(text: string): KeptThought {
  const part = { type: "reasoning", text, signature: "s" } as const;
  return { family: "claude", parts: [part] };
}

Deno.test("MemoryThoughtStore gives a thought back to its caller alone, whatever their names", () => {
  const store = new MemoryThoughtStore();
  store.of("a").keep("b,c", thought("x"));
  assertEquals(store.of("a").find("b,c"), thought("x"));
  assertEquals(store.of("a,b").find("c"), undefined);
  assertEquals(store.of("").find("b,c"), undefined);
  assertEquals(store.of("a").find("__proto__"), undefined);
});

Deno.test("MemoryThoughtStore forgets the one that was longest unused first", () => {
  const store = new MemoryThoughtStore({ maxEntries: 2 });
  const keeper = store.of("a");
  keeper.keep("1", thought("x"));
  keeper.keep("2", thought("y"));
  keeper.find("1");
  keeper.keep("3", thought("z"));
  assertEquals(
    ["1", "2", "3"].map((id) => keeper.find(id) !== undefined),
    [true, false, true],
  );
});

Deno.test("MemoryThoughtStore stays within its size, and keeps nothing that exceeds it", () => {
  const store = new MemoryThoughtStore({ maxCharacters: 1_000 });
  const keeper = store.of("a");
  for (let i = 0; i < 100; i++) keeper.keep(`${i}`, thought("x".repeat(200)));
  assert(store.size >= 3 && store.bytes <= store.maxBytes);
  keeper.keep("huge", thought("x".repeat(2_000)));
  assertEquals(keeper.find("huge"), undefined);
  assert(store.size >= 3);
  for (let i = 0; i < 10; i++) keeper.keep("same", thought("y"));
  store.clear();
  assertEquals([store.size, store.bytes, keeper.empty], [0, 0, true]);
});

Deno.test("MemoryThoughtStore forgets in time", () => {
  let now = 0;
  const store = new MemoryThoughtStore({ ttl: 1_000, now: () => now });
  store.of("a").keep("1", thought("x"));
  now = 999;
  assert(store.of("a").find("1") !== undefined);
  now = 1_000;
  assertEquals(store.of("a").find("1"), undefined);
  assertEquals([store.size, store.bytes], [0, 0]);
});
