import v8 from "node:v8";
import vm from "node:vm";
import type { LimitAsk } from "./admission.ts";
import { MemoryLimitStore } from "./memory_limit_store.ts";
import { parseLimit, parseLimits } from "./rate_limit.ts";
import { RateLimiter } from "./rate_limiter.ts";

const KEYS = 100_000;
const keys = Array.from({ length: KEYS }, (_, i) => `key-${i}`);
/** A limit for a bench never refuses. */
const LARGE = ["1000000000/minute", "1000000000000 tokens/minute"];

let at = 0;
/** Any of the first so many keys. */
function anyKey(among: number): string {
  at = (Math.imul(at, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return keys[(at >>> 8) % among]!;
}

function limiterOf(names: Record<string, readonly string[]>): RateLimiter {
  const limiter = new RateLimiter();
  for (const [name, limits] of Object.entries(names)) {
    limiter.define(name, parseLimits(limits));
  }
  return limiter;
}

function admit(limiter: RateLimiter, asks: readonly LimitAsk[]): void {
  const admission = limiter.take(asks);
  if (!admission.ok) throw new Error("A bench is refused");
  admission.lease.settle({ tokens: 400 });
}

/** Two limits by the caller's key, one by its team, one by the provider. */
const mixed = limiterOf({
  key: LARGE,
  team: ["1000000000/hour burst 100000000"],
  provider: ["1000000 concurrent"],
});
function mixedAsks(among: number): LimitAsk[] {
  return [
    { limit: "key", key: anyKey(among), tokens: 1_000 },
    { limit: "team", key: anyKey(Math.min(among, 1_000)) },
    { limit: "provider", key: anyKey(Math.min(among, 10)) },
  ];
}

/** Four limits by one key. */
const same = limiterOf({
  key: [...LARGE, "1000000000/day", "1000000000/hour burst 1000000"],
});
function sameAsks(among: number): LimitAsk[] {
  return [{ limit: "key", key: anyKey(among), tokens: 1_000 }];
}

for (const key of keys) {
  admit(mixed, [{ limit: "key", key, tokens: 1 }]);
  admit(same, [{ limit: "key", key, tokens: 1 }]);
}

Deno.bench("admit and settle, 4 limits, 1,000 keys", () => {
  admit(mixed, mixedAsks(1_000));
});

Deno.bench("admit and settle, 4 limits, 100,000 keys at random", () => {
  admit(mixed, mixedAsks(KEYS));
});

Deno.bench("admit and settle, 4 limits by one key of 100,000 at random", () => {
  admit(same, sameAsks(KEYS));
});

const full = limiterOf({ key: ["1/day", "1000 tokens/day"] });
full.take([{ limit: "key", key: "a", tokens: 1 }]);
Deno.bench("refuse", () => {
  full.take([{ limit: "key", key: "a", tokens: 1 }]);
});

Deno.bench("status of 4 limits, 1,000 keys", () => {
  mixed.status(mixedAsks(1_000));
});

const capped = new RateLimiter({ maxKeys: 1_000 });
capped.define("key", parseLimits(LARGE));
Deno.bench("admit, 2 limits, a new key where there are too many", () => {
  capped.take([{ limit: "key", key: anyKey(KEYS), tokens: 1_000 }]);
});

/** The event loop does not turn in a bench, so all of it is on credit. */
const shared = new RateLimiter({
  shared: { store: new MemoryLimitStore(), creditShare: 1 },
});
shared.define("key", parseLimits(LARGE));
Deno.bench("admit and settle, 2 shared limits, 1,000 keys", () => {
  admit(shared, sameAsks(1_000));
});

/** Bytes of heap and of buffers, without what is garbage. */
function memory(): number {
  v8.setFlagsFromString("--expose-gc");
  vm.runInNewContext("gc")();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** What a key takes that has just been used, and when nothing of it counts any more. */
function memoryPerKey(limit: string): string {
  let now = 0;
  const limiter = new RateLimiter({ now: () => now });
  limiter.define("key", parseLimit(limit));
  const before = memory();
  for (let i = 0; i < KEYS; i++) {
    const key = `another-key-${i}`;
    const admission = limiter.take([{ limit: "key", key, tokens: 10 }]);
    if (admission.ok) admission.lease.release();
  }
  const used = (memory() - before) / KEYS;
  if (used > 200) throw new Error(`A key takes ${used} bytes`);
  now += 100_000;
  while (limiter.size > 0) limiter.sweep();
  const idle = (memory() - before) / KEYS;
  return `${used.toFixed(0)} bytes, its text included; once idle ${
    idle.toFixed(1)
  }`;
}

const lines = ["100/minute", "100/minute burst 10", "1000 tokens/minute"]
  .map((limit) => `${limit}: a key takes ${memoryPerKey(limit)}\n`);
Deno.stderr.writeSync(new TextEncoder().encode(lines.join("")));
