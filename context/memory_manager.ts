import { clearInterval, setInterval } from "node:timers";
import { type LeakSuspicion, LeakWatch } from "./_leak_watch.ts";
import { type MemoryReading, readMemory } from "./memory_reading.ts";

/** How scarce memory is: at `high` caches shrink, at `critical` new work is refused as well. */
export type MemoryPressure = "normal" | "high" | "critical";

/** What holds memory that it can give up. */
export interface MemoryOwner {
  /** Bytes that it holds; absent where it does not know. */
  readonly bytes?: () => number;
  /** Bytes that it holds at most. */
  readonly maxBytes?: () => number;
  /** Gives memory up: what is easily made again at `high`, all that it can at `critical`. */
  readonly shrink?: (pressure: Exclude<MemoryPressure, "normal">) => void;
}

/** How a {@linkcode MemoryManager} works. */
export interface MemoryManagerOptions {
  /** Share of the limit from which pressure is high. @default {0.85} */
  readonly highShare?: number;
  /** Share from which it is critical. @default {0.95} */
  readonly criticalShare?: number;
  /** The time between two looks, in ms. @default {5000} */
  readonly intervalMs?: number;
  /** Reads the memory. @default {readMemory} */
  readonly read?: () => MemoryReading;
  /** Told when the pressure changes. */
  readonly onChange?: (change: MemoryChange) => void;
  /** Told when memory grows in a way that looks like a leak, every six hours at most. */
  readonly onLeak?: (suspicion: LeakSuspicion) => void;
  /** Collects garbage: asked for every 10 s at critical pressure, every minute at high. @default {nothing} */
  readonly collect?: () => void;
  /** A clock that never goes back, in ms. @default {performance.now} */
  readonly now?: () => number;
}

/** A change of the pressure. */
export interface MemoryChange {
  /** What it was. */
  readonly from: MemoryPressure;
  /** What it is. */
  readonly to: MemoryPressure;
  /** What was read. */
  readonly reading: MemoryReading;
}

/** How an owner stands. */
export interface MemoryHolding {
  /** Its name. */
  readonly name: string;
  /** Bytes that it holds. */
  readonly bytes: number | undefined;
  /** Bytes that it holds at most. */
  readonly maxBytes: number | undefined;
}

const LEVELS: readonly MemoryPressure[] = ["normal", "high", "critical"];
/** How far below its bound the share must be for the pressure to fall again. */
const HYSTERESIS = 0.05;
/** The length of a span of the watch for leaks, in ms. */
const LEAK_SPAN = 120_000;
const LEAK_QUIET = 6 * 3_600_000;
/** How long to the next collection that is asked for, in ms: what was given up is in use until one. */
const COLLECT_QUIET = { high: 60_000, critical: 10_000 } as const;
/** For how long what was read is good for whoever asks for room, in ms. */
const LOOK_QUIET = 50;
/** The least time between two collections that are made for those, in ms, and in times of what one takes. */
const ROOM_QUIET = 1_000;
const ROOM_SHARE = 20;

/**
 * Watches the memory of the process and has its owners give some up in time:
 * at high pressure caches shrink and what is optional waits, at critical
 * pressure new work should be refused, while what runs goes on to its end.
 *
 * The heap counts as well as the system's limit: whichever is nearer to its
 * end. The pressure rises at once, and falls when memory is well below.
 *
 * @example A cache that is emptied
 * ```ts
 * import { MemoryManager } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * let used = 10;
 * const cache = new Map([["a", "b"]]);
 * const memory = new MemoryManager({
 *   read: () => ({ used, limit: 100, heapUsed: 0, heapLimit: 100 }),
 * });
 * memory.own("cache", { shrink: () => cache.clear() });
 * used = 90;
 * assertEquals(memory.check(), "high");
 * assertEquals([cache.size, memory.isScarce, memory.isCritical], [0, true, false]);
 * memory.close();
 * ```
 */
export class MemoryManager {
  readonly #options: MemoryManagerOptions;
  readonly #owners = new Map<string, MemoryOwner>();
  readonly #leaks = new LeakWatch(LEAK_SPAN);
  readonly #now: () => number;
  #reading: MemoryReading;
  #level = 0;
  #leakToldAt = -Infinity;
  #collectedAt = -Infinity;
  #collectMs = 0;
  #lookedAt = -Infinity;
  #timer: ReturnType<typeof setInterval>;
  #bounds: Required<Pick<MemoryManagerOptions, "highShare" | "criticalShare">>;

  /**
   * Begins to look.
   *
   * @throws {RangeError} when the shares are not between 0 and 1, in order.
   */
  constructor(options: MemoryManagerOptions = {}) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    const { highShare = 0.85, criticalShare = 0.95 } = options;
    if (!(highShare > 0 && highShare <= criticalShare && criticalShare <= 1)) {
      throw new RangeError(
        "Cannot watch memory: 'highShare' must be above 0 and 'criticalShare' between it and 1",
      );
    }
    this.#bounds = { highShare, criticalShare };
    this.#reading = (options.read ?? readMemory)();
    this.#timer = setInterval(() => this.check(), options.intervalMs ?? 5_000);
    this.#timer.unref();
  }

  /** How scarce memory is. */
  get pressure(): MemoryPressure {
    return LEVELS[this.#level] ?? "normal";
  }

  /** Whether what is optional should wait. */
  get isScarce(): boolean {
    return this.#level > 0;
  }

  /** Whether new work should be refused. */
  get isCritical(): boolean {
    return this.#level > 1;
  }

  /** What was read last. */
  get reading(): MemoryReading {
    return this.#reading;
  }

  /** What the owners hold, and may hold. */
  get holdings(): readonly MemoryHolding[] {
    return [...this.#owners].map(([name, { bytes, maxBytes }]) => ({
      name,
      bytes: bytes?.(),
      maxBytes: maxBytes?.(),
    }));
  }

  /**
   * Notes an owner of memory under a name, which replaces an earlier one.
   *
   * @returns Forgets it.
   */
  own(name: string, owner: MemoryOwner): () => void {
    this.#owners.set(name, owner);
    return () => {
      if (this.#owners.get(name) === owner) this.#owners.delete(name);
    };
  }

  /** Looks now, and does what follows from it. */
  check(): MemoryPressure {
    const reading = (this.#options.read ?? readMemory)();
    this.#reading = reading;
    this.#lookedAt = this.#now();
    const from = this.pressure;
    this.#level = this.#levelAt(shareOf(reading));
    if (this.pressure !== from) {
      this.#options.onChange?.({ from, to: this.pressure, reading });
    }
    const { pressure } = this;
    if (pressure !== "normal") this.#shrink(pressure);
    this.#watch(reading);
    return pressure;
  }

  /**
   * Whether there is room for so many bytes more: for whoever is about to take
   * much, and can be refused. Where there is none, garbage is collected first.
   */
  hasRoom(bytes: number): boolean {
    const now = this.#now();
    if (now - this.#lookedAt >= LOOK_QUIET) this.check();
    if (this.#hasRoom(bytes)) return true;
    const quiet = Math.max(ROOM_QUIET, ROOM_SHARE * this.#collectMs);
    if (now - this.#collectedAt < quiet) return false;
    this.#collect();
    this.check();
    return this.#hasRoom(bytes);
  }

  /** Looks no more. */
  close(): void {
    clearInterval(this.#timer);
    this.#owners.clear();
  }

  #levelAt(share: number): number {
    const { highShare, criticalShare } = this.#bounds;
    const bounds = [highShare, criticalShare];
    let level = 0;
    bounds.forEach((bound, index) => {
      const isThere = this.#level > index;
      if (share >= (isThere ? bound - HYSTERESIS : bound)) level = index + 1;
    });
    return level;
  }

  #shrink(pressure: Exclude<MemoryPressure, "normal">): void {
    for (const { shrink } of this.#owners.values()) {
      try {
        shrink?.(pressure);
      } catch {
        // One that can't must not keep the others from it.
      }
    }
    const quiet = COLLECT_QUIET[pressure];
    if (this.#now() - this.#collectedAt >= quiet) this.#collect();
  }

  #collect(): void {
    const begin = this.#now();
    this.#options.collect?.();
    this.#collectedAt = this.#now();
    this.#collectMs = this.#collectedAt - begin;
  }

  #hasRoom(bytes: number): boolean {
    const { used, limit = Infinity, heapUsed, heapLimit } = this.#reading;
    const { criticalShare } = this.#bounds;
    const isHeapFull = heapLimit > 0 && heapUsed > heapLimit * criticalShare;
    return !isHeapFull && used + bytes <= limit * criticalShare;
  }

  #watch({ used, limit }: MemoryReading): void {
    const now = this.#now();
    this.#leaks.add(used, now);
    if (now - this.#leakToldAt < LEAK_QUIET) return;
    const suspicion = this.#leaks.suspicion(limit);
    if (suspicion === undefined) return;
    this.#leakToldAt = now;
    this.#options.onLeak?.(suspicion);
  }
}

/** How near the end is, from 0 to 1 and beyond. */
function shareOf({ used, limit, heapUsed, heapLimit }: MemoryReading): number {
  const heap = heapLimit > 0 ? heapUsed / heapLimit : 0;
  return limit === undefined ? heap : Math.max(heap, used / limit);
}
