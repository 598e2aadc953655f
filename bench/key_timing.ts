/**
 * X3: whether the time that a wrong key takes tells how much of it is right.
 * Near misses of a good key and keys by chance are checked in an order drawn at
 * random, and Welch's t-test compares their times. A difference that chance
 * does not explain is a failure. Run it with `deno task bench:timing`.
 *
 * @module
 */
import { MemoryStateStore } from "@llm-proxy/context";
import { StructuredLogger } from "@llm-proxy/logging";
import { Buffer } from "node:buffer";
import { randomBytes, randomInt } from "node:crypto";
import process from "node:process";
import { KeyRing } from "../api/authenticate.ts";
import type { Exchange } from "../api/exchange.ts";
import { KEY_PREFIX } from "../api/key_store.ts";
import { StoredKeys } from "../api/stored_keys.ts";

/** Of each of the two kinds, about: chance draws the kind. */
const SAMPLES = 10_000;
/** The first are the compiler's. */
const WARM_UP = 5_000;
/** So many characters of a near miss are wrong. */
const LAST = 4;
/** So many checks are one sample: a clock tells them apart. */
const CHECKS = 8;
/** What chance alone exceeds less than once in 100,000 runs. */
const MAX_T = 4.5;
/** The share of the slowest samples that are left out: they are the machine's. */
const TAIL = 0.05;

/** The times of one kind of key, in ns. */
interface Times {
  readonly mean: number;
  readonly variance: number;
  readonly count: number;
}

function byChance(start: string): string {
  return start + randomBytes(32).toString("base64url");
}

/** A key that shares all but its last characters with another: few are the same, as few are among those by chance. */
function nearMiss(good: string): string {
  const near = good.slice(0, -LAST) + byChance("").slice(-LAST);
  return near === good ? nearMiss(good) : near;
}

function asked(key: string): Exchange {
  const header = Buffer.from(`Bearer ${key}`).toString("latin1");
  return {
    header: (name: string) => name === "authorization" ? header : undefined,
  } as Exchange;
}

/** How long it takes to refuse a key, in ns. */
function timeOf(ring: KeyRing, exchange: Exchange): number {
  const begin = process.hrtime.bigint();
  for (let n = 0; n < CHECKS; n++) {
    try {
      ring.check(exchange);
    } catch {
      continue;
    }
    throw new Error("A wrong key is good");
  }
  return Number(process.hrtime.bigint() - begin);
}

function timesOf(samples: readonly number[]): Times {
  const count = samples.length;
  const mean = samples.reduce((sum, it) => sum + it, 0) / count;
  const squares = samples.reduce((sum, it) => sum + (it - mean) ** 2, 0);
  return { mean, variance: squares / (count - 1), count };
}

function welch(a: Times, b: Times): number {
  return (a.mean - b.mean) /
    Math.sqrt(a.variance / a.count + b.variance / b.count);
}

/** Compares near misses of `good` with keys by chance that begin as it does. */
function compare(ring: KeyRing, good: string, start: string): number {
  // Made beforehand and alike: what is timed is the check alone.
  const tries = Array.from({ length: WARM_UP + 2 * SAMPLES }, () => {
    const isNear = randomInt(2) === 0;
    const key = nearMiss(
      isNear ? good : byChance(start).slice(0, good.length),
    );
    return { isNear, key };
  }).map(({ isNear, key }) => ({ isNear, exchange: asked(key) }));
  const near: number[] = [];
  const far: number[] = [];
  for (const [at, { isNear, exchange }] of tries.entries()) {
    const time = timeOf(ring, exchange);
    if (at >= WARM_UP) (isNear ? near : far).push(time);
  }
  // The same bound for both.
  const bound = [...near, ...far].sort((a, b) => a - b)[
    Math.floor(2 * SAMPLES * (1 - TAIL))
  ] ?? Infinity;
  const kept = (times: number[]): Times =>
    timesOf(times.filter((time) => time <= bound));
  return welch(kept(near), kept(far));
}

const state = new MemoryStateStore();
const stored = new StoredKeys({
  state,
  logger: new StructuredLogger({ level: "error" }),
  isFollowed: false,
});
const { secret } = await stored.store.create({ name: "a" });
await stored.refresh();
const configured = byChance("cfg-");
const ring = new KeyRing([{ name: "c", key: configured }], { keys: stored });

let isTold = false;
for (
  const [name, good, start] of [
    ["a key of the config", configured, "cfg-"],
    ["a stored key", secret, KEY_PREFIX],
  ] as const
) {
  const t = compare(ring, good, start);
  isTold ||= Math.abs(t) >= MAX_T;
  // deno-lint-ignore no-console
  console.log(`${name}: t = ${t.toFixed(2)} of 2 x ${SAMPLES} samples`);
}
await state.close();
if (isTold) {
  // deno-lint-ignore no-console
  console.error(`Times tell of keys: |t| must be below ${MAX_T}`);
  Deno.exit(1);
}
