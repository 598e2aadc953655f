import { type KvKey, type KvLayout, MAX_PARTS } from "./_kv_layout.ts";
import { writeKvValue } from "./_kv_value.ts";
import {
  type EncodedBatch,
  type EncodedWrite,
  isSplit,
} from "./_state_batch.ts";
import type { StateKey } from "./state_store.ts";

/** How many bytes of a split value are in each part; a value of Deno KV has no more. */
const PART_BYTES = 65_536;

/** What a commit does to the rows. */
export type KvMutation =
  | {
    readonly type: "set";
    readonly key: KvKey;
    readonly value: Uint8Array<ArrayBuffer>;
  }
  | { readonly type: "delete"; readonly key: Deno.KvKey }
  | { readonly type: "sum"; readonly key: KvKey; readonly value: bigint };

/** The rows that must be as they were. */
export interface KvCheck {
  readonly key: Deno.KvKey;
  readonly versionstamp: string | null;
}

/** A commit in terms of rows, which can be tried again. */
export interface KvPlan {
  readonly checks: readonly KvCheck[];
  readonly mutations: readonly KvMutation[];
}

/** Where and when a commit is made. */
export interface KvPlanOptions {
  readonly layout: KvLayout;
  readonly now: number;
}

/** Says what a batch does to the rows. */
export function planBatch(
  { checks, writes }: EncodedBatch,
  options: KvPlanOptions,
): KvPlan {
  return {
    checks: checks.map(({ key, version }) => ({
      key: options.layout.value(key),
      versionstamp: version,
    })),
    mutations: writes.flatMap((write) => planWrite(write, options)),
  };
}

/** Says what a change does to the rows. */
export function planWrite(
  write: EncodedWrite,
  { layout, now }: KvPlanOptions,
): KvMutation[] {
  const { key } = write;
  switch (write.type) {
    case "delete":
      return [{ type: "delete", key: layout.value(key) }];
    case "reset":
      return [{ type: "delete", key: layout.count(key) }];
  }
  const mutations = write.type === "sum"
    ? [planSum(layout.count(key), write.amount)]
    : planSet(write, layout);
  const { deadline } = write;
  if (deadline !== undefined) {
    const kind = write.type === "sum" ? "c" : "v";
    mutations.push({
      type: "set",
      key: layout.deadline(kind, key, { deadline, now }),
      value: new Uint8Array(),
    });
  }
  return mutations;
}

/** Removes a value with all it has, its parts included. */
export function planRemoval(
  layout: KvLayout,
  { key, parts }: { readonly key: StateKey; readonly parts: number },
): KvMutation[] {
  const removal: KvMutation[] = [{ type: "delete", key: layout.value(key) }];
  return parts === 0 ? removal : [...removal, ...planPartsRemoval(layout, key)];
}

/** Removes the parts that a value has or had, and what says so. */
export function planPartsRemoval(
  layout: KvLayout,
  key: StateKey,
  from = 0,
): KvMutation[] {
  const removal: KvMutation[] = from === 0
    ? [{ type: "delete", key: layout.split(key) }]
    : [];
  for (let index = from; index < MAX_PARTS; index++) {
    removal.push({ type: "delete", key: layout.part(key, index) });
  }
  return removal;
}

/**
 * Makes the commit that a plan says.
 *
 * @returns Its version; `undefined` when a check did not hold.
 */
export async function commitPlan(
  kv: Deno.Kv,
  { checks, mutations }: KvPlan,
): Promise<string | undefined> {
  const atomic = kv.atomic();
  for (const { key, versionstamp } of checks) {
    atomic.check({ key, versionstamp });
  }
  for (const mutation of mutations) {
    const { type, key } = mutation;
    if (type === "delete") atomic.delete(key);
    else if (type === "set") atomic.set(key, mutation.value);
    else atomic.sum(key, mutation.value);
  }
  const result = await atomic.commit();
  return result.ok ? result.versionstamp : undefined;
}

/** Counts wrap at 2^64, so what is below 0 is added as its complement. */
function planSum(key: KvKey, amount: number): KvMutation {
  return { type: "sum", key, value: BigInt.asUintN(64, BigInt(amount)) };
}

/**
 * All rows of a commit get the same version, so a reader can tell the parts of
 * this value from those of one before. What a small value leaves of a split one
 * is swept later, as nobody knows of it here.
 */
function planSet(
  write: EncodedWrite & { readonly type: "set" },
  layout: KvLayout,
): KvMutation[] {
  const { key, deadline, value: { isBytes, bytes } } = write;
  const parts = isSplit(write) ? Math.ceil(bytes.length / PART_BYTES) : 0;
  const mutations: KvMutation[] = [{
    type: "set",
    key: layout.value(key),
    value: writeKvValue({ isBytes, deadline, bytes, parts }),
  }];
  if (parts === 0) return mutations;
  mutations.push({
    type: "set",
    key: layout.split(key),
    value: new Uint8Array(),
  });
  for (let index = 0; index < parts; index++) {
    const start = index * PART_BYTES;
    mutations.push({
      type: "set",
      key: layout.part(key, index),
      value: bytes.slice(start, start + PART_BYTES),
    });
  }
  return [...mutations, ...planPartsRemoval(layout, key, parts)];
}
