import {
  heapLimitAdvice,
  MemoryManager,
  readMemory,
  type SmartCache,
  type TokenCounter,
} from "@llm-proxy/context";
import { GatewayError, type MemoryThoughtStore } from "@llm-proxy/core";
import type { Logger } from "@llm-proxy/logging";
import v8 from "node:v8";
import vm from "node:vm";
import type { Config } from "./config_types.ts";
import type { Route } from "./dispatch.ts";
import type { KeptAnswers } from "./kept_answers.ts";
import { heldBodies } from "./_held_bodies.ts";

const SECOND = 1000;
const MIB = 1_048_576;
/** What the tables of an encoding take, by and large, in bytes. */
const TABLES = 100 * MIB;
/** How long a refused caller is asked to wait: a few looks later much has ended, in s. */
const RETRY_AFTER = 5;
/** Bodies that are shorter are let in until the next look, in bytes. */
const LARGE = MIB;
/** What serving a body takes, in its own lengths: bytes, text, what is read of it, what is sent. */
const COPIES = 6;

/** What holds memory that lasts. */
export interface MemoryHolders {
  readonly logger: Logger;
  readonly tokens: TokenCounter;
  /** The cache of summaries that is in force. */
  readonly summaries: () => SmartCache<string>;
  /** How many bytes these may take. */
  readonly maxSummaryBytes: () => number;
  readonly thoughts: MemoryThoughtStore;
  /** The answers that are kept, where any are. */
  readonly kept: () => KeptAnswers | undefined;
}

/** Watches the memory, as the config says, and has all that holds some give it up in time. */
export function watchMemory(
  { memory }: Pick<Config, "memory">,
  { logger, tokens, summaries, maxSummaryBytes, thoughts, kept }: MemoryHolders,
): MemoryManager {
  const limit = memory.limit_mb === undefined
    ? undefined
    : memory.limit_mb * MIB;
  const manager = new MemoryManager({
    read: () => readMemory(limit),
    highShare: memory.gc_threshold_percent / 100,
    criticalShare: memory.max_usage_percent / 100,
    intervalMs: memory.monitoring_interval * SECOND,
    onChange: ({ from, to, reading }) =>
      logger.warn("memory pressure has changed", { from, to, ...reading }),
    onLeak: ({ bytesPerHour, hoursLeft }) =>
      logger.warn("memory grows as if it leaked", { bytesPerHour, hoursLeft }),
    collect: collectGarbage,
  });
  manager.own("request_bodies", {
    bytes: () => heldBodies.bytes,
    maxBytes: () => heldBodies.maxBytes,
  });
  manager.own("summaries", {
    bytes: () => summaries().stats.bytes,
    maxBytes: maxSummaryBytes,
    shrink: () => summaries().shrink(0),
  });
  manager.own("thoughts", {
    bytes: () => thoughts.bytes,
    maxBytes: () => thoughts.maxBytes,
    shrink: () => thoughts.clear(),
  });
  manager.own("answers", {
    bytes: () => kept()?.bytes ?? 0,
    maxBytes: () => kept()?.maxBytes ?? 0,
    shrink: (pressure) => kept()?.shrink(pressure === "high" ? 0.5 : 0),
  });
  manager.own("tokenizer", {
    bytes: () => tokens.isLoaded ? TABLES : 0,
    maxBytes: () => TABLES,
    shrink: () => tokens.close(),
  });
  const advice = heapLimitAdvice(manager.reading);
  if (advice !== undefined) {
    logger.warn("the heap may outgrow the memory limit", {
      limit: manager.reading.limit,
      heap_limit: manager.reading.heapLimit,
      advice: `--v8-flags=--max-old-space-size=${advice}`,
    });
  }
  return manager;
}

/**
 * Refuses new work at a model while memory is critically scarce; what runs goes
 * on, and whoever looks after the gateway gets in.
 *
 * @throws {GatewayError} 503 `memory_exhausted`.
 */
export function refuseWhenScarce(
  { isCritical }: Pick<MemoryManager, "isCritical">,
  { method, operation }: Pick<Route, "method" | "operation">,
): void {
  if (!isCritical || method !== "POST" || operation === undefined) return;
  throw scarce();
}

/**
 * Refuses a large body where serving it might take more memory than there is:
 * many that come together may fill it between two looks.
 *
 * @throws {GatewayError} 503 `memory_exhausted`.
 */
export function refuseLarge(
  memory: Pick<MemoryManager, "hasRoom">,
  bytes: number,
): void {
  if (bytes > LARGE && !memory.hasRoom(COPIES * bytes)) throw scarce();
}

function scarce(): GatewayError {
  return new GatewayError(
    "overloaded",
    "The gateway is short of memory: try again",
    {
      code: "memory_exhausted",
      headers: { "retry-after": String(RETRY_AFTER) },
    },
  );
}

let collector: (() => void) | undefined;

/** Has the engine collect garbage now, which it leaves for later while nobody needs the memory. */
function collectGarbage(): void {
  collector ??= findCollector();
  collector();
}

function findCollector(): () => void {
  try {
    v8.setFlagsFromString("--expose-gc");
    const found: unknown = vm.runInNewContext("gc");
    if (typeof found === "function") return () => found();
  } catch {
    // The engine does it by itself, later.
  }
  return () => {};
}
