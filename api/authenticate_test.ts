import { MemoryStateStore } from "@llm-proxy/context";
import { StructuredLogger } from "@llm-proxy/logging";
import { assert, assertEquals } from "@std/assert";
import { randomBytes } from "node:crypto";
import { KeyRing } from "./authenticate.ts";
import type { Exchange } from "./exchange.ts";
import { StoredKeys } from "./stored_keys.ts";

const KEYS = 200;

/** A ring of stored keys, and their secrets. */
async function makeRing(): Promise<{
  readonly ring: KeyRing;
  readonly state: MemoryStateStore;
  readonly secrets: ReadonlyMap<string, string>;
}> {
  const state = new MemoryStateStore();
  const logger = new StructuredLogger({ level: "error" });
  const keys = new StoredKeys({ state, logger, isFollowed: false });
  const secrets = new Map<string, string>();
  for (let at = 0; at < KEYS; at++) {
    const { key, secret } = await keys.store.create({ name: `k${at}` });
    secrets.set(secret, key.id);
  }
  await keys.refresh();
  keys.close();
  return { ring: new KeyRing([], { keys }), state, secrets };
}

function whose(ring: KeyRing, secret: string): string | undefined {
  const exchange = {
    header: (name: string) => name === "x-api-key" ? secret : undefined,
  } as Exchange;
  try {
    return ring.check(exchange)?.subject.key;
  } catch {
    return undefined;
  }
}

Deno.test("X4: a key is its own identity alone: no neighbour of it, and no key by chance, is anybody's", async () => {
  const { ring, state, secrets } = await makeRing();
  for (const [secret, id] of secrets) {
    assertEquals(whose(ring, secret), id);
    const last = secret.endsWith("A") ? "B" : "A";
    const near = [
      secret.slice(0, 20),
      secret.slice(0, 40),
      secret.slice(0, 20) + randomBytes(16).toString("base64url"),
      secret.slice(0, -1) + last,
      secret.slice(1),
      `${secret} `,
      `${secret}\0`,
    ];
    for (const it of near) assertEquals(whose(ring, it), undefined);
    assertEquals(whose(ring, secret), id);
  }
  await state.close();
});

Deno.test("X4: 100,000 unknown keys are nobody's, and leave at most 20 MB behind", async () => {
  const { ring, state, secrets } = await makeRing();
  const [[mine = "", id] = []] = secrets;
  const before = Deno.memoryUsage().heapUsed;
  // What is left right after a collection of garbage.
  let least = Infinity;
  for (let at = 0; at < 100_000; at++) {
    const made = `llmp_${randomBytes(32).toString("base64url")}`;
    if (whose(ring, made) !== undefined) throw new Error(`${made} is good`);
    if (at % 1_000 !== 0) continue;
    assertEquals(whose(ring, mine), id);
    if (at >= 80_000) least = Math.min(least, Deno.memoryUsage().heapUsed);
  }
  assert(least - before <= 20 * 2 ** 20, `${least - before} bytes`);
  await state.close();
});

Deno.test("X3: the state has nothing of any secret, and digests that are of no use without what keys them", async () => {
  const { state, secrets } = await makeRing();
  const rows = [...state.writes()];
  const text = JSON.stringify(rows);
  for (const secret of secrets.keys()) {
    const plain = secret.slice("llmp_".length);
    assert(!text.includes(plain.slice(0, 12)));
    assert(!text.includes(plain.slice(-12)));
    const bytes = new TextEncoder().encode(secret);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    assert(!text.includes(digest.toHex()));
    assert(
      !text.includes(digest.toBase64({ alphabet: "base64url" }).slice(0, 40)),
    );
  }
  await state.close();
});
