import { VectorTables } from "./_vector_tables.ts";
import type { NamedVector, NearestVector } from "./_vector_table.ts";

/** What the worker is told: to add a vector, or to look for the nearest where there is no key. */
export interface VectorOrder extends Omit<NamedVector, "key"> {
  readonly id: number;
  readonly key?: string;
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** What it answers. */
export interface VectorAnswer {
  readonly id: number;
  readonly nearest?: NearestVector;
}

/** How a {@linkcode SemanticIndex} works. */
export interface SemanticIndexOptions {
  /** How many vectors there are of one length; the oldest go first. @default {10_000} */
  readonly maxEntries?: number;
  /** How many bytes those of one length may take. @default {67_108_864} */
  readonly maxBytes?: number;
  /** How long a search may take, in milliseconds. @default {250} */
  readonly withinMs?: number;
  /** How many may search at a time; others find nothing. @default {64} */
  readonly maxPending?: number;
}

/** What a search finds. */
export interface SemanticMatch {
  /** What the vector stands for. */
  readonly key: string;
  /** The cosine of the angle between the two, -1 to 1. */
  readonly similarity: number;
}

/** How many vectors of one length there are where no worker can be started: to look at them takes half a millisecond. */
const MAX_LOCAL = 1_000;
/** The longest vector of any model, by far. */
const MAX_DIMENSIONS = 16_384;

/**
 * Finds what is nearest in meaning, by vectors that a model made of texts. It
 * looks at every vector of a partition and at none of any other, in a worker
 * that starts with the first vector. Where none can be started, as in a
 * program that is one file, it keeps a thousand vectors and looks itself.
 *
 * Whatever goes wrong, nothing is found.
 *
 * @example The nearest of two
 * ```ts
 * import { SemanticIndex } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const index = new SemanticIndex({ withinMs: 10_000 });
 * index.add({ partition: "team-a", key: "east", vector: [1, 0] });
 * index.add({ partition: "team-a", key: "north", vector: [0, 1] });
 * const found = await index.search({ partition: "team-a", vector: [3, 4] });
 * assertEquals(found?.key, "north");
 * assertEquals(found?.similarity.toFixed(2), "0.80");
 * index.close();
 * ```
 */
export class SemanticIndex {
  readonly #options: Required<SemanticIndexOptions>;
  readonly #waiting = new Map<
    number,
    (match: SemanticMatch | undefined) => void
  >();
  readonly #url: URL;
  #worker: Worker | undefined;
  #last = 0;
  /** Takes the worker's place where none can be started. */
  #tables: VectorTables | undefined;

  /**
   * Starts nothing yet.
   *
   * @param worker The worker's module, where it is elsewhere.
   */
  constructor(
    options: SemanticIndexOptions = {},
    worker: URL = new URL("./_vector_worker.ts", import.meta.url),
  ) {
    this.#url = worker;
    this.#options = {
      maxEntries: 10_000,
      maxBytes: 67_108_864,
      withinMs: 250,
      maxPending: 64,
      ...options,
    };
  }

  /** Adds a vector. */
  add(
    { partition, key, vector }: {
      readonly partition: string;
      readonly key: string;
      readonly vector: ArrayLike<number>;
    },
  ): void {
    if (!isVector(vector)) return;
    const worker = this.#start();
    const order = this.#order({ partition, vector }, { key });
    if (worker !== undefined) worker.postMessage(order);
    else this.#tables?.take(order);
  }

  /** Looks for the nearest vector of a partition. */
  async search(
    asked: {
      readonly partition: string;
      readonly vector: ArrayLike<number>;
    },
  ): Promise<SemanticMatch | undefined> {
    const { maxPending, withinMs } = this.#options;
    if (this.#tables !== undefined && isVector(asked.vector)) {
      return this.#tables.take(this.#order(asked));
    }
    // Without a worker nothing was added.
    const worker = this.#worker;
    const isFull = this.#waiting.size >= maxPending;
    if (worker === undefined || isFull || !isVector(asked.vector)) {
      return undefined;
    }
    const order = this.#order(asked);
    const { promise, resolve } = Promise.withResolvers<
      SemanticMatch | undefined
    >();
    this.#waiting.set(order.id, resolve);
    const timer = setTimeout(() => resolve(undefined), withinMs);
    worker.postMessage(order);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(order.id);
    }
  }

  /** Forgets everything. */
  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    if (this.#tables !== undefined) this.#tables = new VectorTables();
    for (const resolve of this.#waiting.values()) resolve(undefined);
  }

  #order(
    { partition, vector }: {
      readonly partition: string;
      readonly vector: ArrayLike<number>;
    },
    named: { readonly key?: string } = {},
  ): VectorOrder {
    const { maxEntries, maxBytes } = this.#options;
    const isLocal = this.#tables !== undefined;
    return {
      ...named,
      id: ++this.#last,
      partition,
      vector: Float32Array.from(vector),
      maxEntries: isLocal ? Math.min(maxEntries, MAX_LOCAL) : maxEntries,
      maxBytes,
    };
  }

  /** The worker; nothing where there can be none. */
  #start(): Worker | undefined {
    if (this.#worker !== undefined) return this.#worker;
    if (this.#tables !== undefined) return undefined;
    try {
      const worker = new Worker(this.#url, { type: "module" });
      worker.onmessage = ({ data }: MessageEvent<VectorAnswer>) =>
        this.#waiting.get(data.id)?.(data.nearest);
      worker.onerror = (event) => {
        event.preventDefault();
        this.close();
        this.#tables = new VectorTables();
      };
      return this.#worker = worker;
    } catch {
      this.#tables = new VectorTables();
      return undefined;
    }
  }
}

function isVector({ length }: ArrayLike<number>): boolean {
  return length > 0 && length <= MAX_DIMENSIONS;
}
