import type { StateStore } from "@llm-proxy/context";

/** A response that is kept, with what it answers. */
export interface StoredResponse {
  /** The response as the client was told it: JSON text. */
  readonly text: string;
  /** The items of its own request: JSON text of an array. */
  readonly input: string;
  /** The response that it goes on with. */
  readonly previous?: string;
}

/** How a response is kept. */
export interface KeepOptions {
  /** Beyond the end of the process, where the state is. @default {false} */
  readonly lasting?: boolean;
}

/** Where responses are kept, each for whoever asked for it, until its time is over. */
export interface ResponseStore {
  /** A response of its owner's. */
  get(owner: string, id: string): Promise<StoredResponse | undefined>;
  /** Keeps a response; nobody waits for it. One that is too large is not kept. */
  keep(
    place: { readonly owner: string; readonly id: string },
    response: StoredResponse,
    options?: KeepOptions,
  ): void;
  /** Forgets a response; tells whether there was one. */
  forget(owner: string, id: string): Promise<boolean>;
}

/** Bounds of a {@linkcode StateResponseStore}. */
export interface ResponseStoreOptions {
  /** How long a response is kept, in milliseconds. @default {86_400_000} */
  readonly ttlMs?: number;
  /** How many are kept. @default {10_000} */
  readonly maxRows?: number;
  /** How many bytes memory holds of them. @default {33_554_432} */
  readonly maxBytes?: number;
  /** Told of a write that failed. @default {nobody} */
  readonly onFailure?: (cause: unknown) => void;
  /** Milliseconds since 1970. @default {Date.now} */
  readonly now?: () => number;
}

interface Row {
  readonly response: StoredResponse;
  readonly bytes: number;
  readonly deadline: number;
}

/** More bytes than a store takes in one value, with room for its names. */
const MAX_VALUE = 512 * 1024;
/** Most of what memory holds that one response may take. */
const MAX_SHARE = 1 / 4;
const ROOT = "responses";

/**
 * Responses in memory, the oldest going first where there is no room, and those
 * that are to last in the gateway's state as well.
 */
export class StateResponseStore implements ResponseStore {
  readonly #store: StateStore;
  readonly #options: Required<ResponseStoreOptions>;
  readonly #rows = new Map<string, Row>();
  /** What was written to the state, the oldest first. */
  readonly #written = new Map<string, readonly [owner: string, id: string]>();
  #bytes = 0;

  /** Keeps nothing yet. */
  constructor(store: StateStore, options: ResponseStoreOptions = {}) {
    this.#store = store;
    this.#options = {
      ttlMs: 86_400_000,
      maxRows: 10_000,
      maxBytes: 33_554_432,
      onFailure: () => {},
      now: Date.now,
      ...options,
    };
  }

  async get(owner: string, id: string): Promise<StoredResponse | undefined> {
    const row = this.#rows.get(nameOf(owner, id));
    const now = this.#options.now();
    if (row !== undefined) return row.deadline > now ? row.response : undefined;
    try {
      const entry = await this.#store.get([ROOT, owner, id]);
      return isStored(entry?.value) ? entry.value : undefined;
    } catch (cause) {
      this.#options.onFailure(cause);
      return undefined;
    }
  }

  keep(
    { owner, id }: { readonly owner: string; readonly id: string },
    response: StoredResponse,
    { lasting = false }: KeepOptions = {},
  ): void {
    const { maxBytes, maxRows, ttlMs, now } = this.#options;
    const bytes = 2 * (response.text.length + response.input.length);
    if (bytes > maxBytes * MAX_SHARE) return;
    const name = nameOf(owner, id);
    const deadline = now() + ttlMs;
    this.#drop(name);
    this.#rows.set(name, { response, bytes, deadline });
    this.#bytes += bytes;
    while (this.#bytes > maxBytes || this.#rows.size > maxRows) {
      this.#drop(this.#rows.keys().next().value ?? "");
    }
    // A character of any text is at most three bytes of UTF-8.
    if (!lasting || bytes * 1.5 > MAX_VALUE) return;
    this.#written.set(name, [owner, id]);
    this.#write(this.#store.set([ROOT, owner, id], response, { deadline }));
    const [oldest] = this.#written;
    if (this.#written.size <= maxRows || oldest === undefined) return;
    this.#written.delete(oldest[0]);
    this.#write(this.#store.delete([ROOT, ...oldest[1]]));
  }

  async forget(owner: string, id: string): Promise<boolean> {
    const is = await this.get(owner, id) !== undefined;
    const name = nameOf(owner, id);
    this.#drop(name);
    this.#written.delete(name);
    if (is) await this.#store.delete([ROOT, owner, id]);
    return is;
  }

  #drop(name: string): void {
    this.#bytes -= this.#rows.get(name)?.bytes ?? 0;
    this.#rows.delete(name);
  }

  #write(written: Promise<unknown>): void {
    written.catch(this.#options.onFailure);
  }
}

/** A name for a row that no other owner's id can make. */
function nameOf(owner: string, id: string): string {
  return JSON.stringify([owner, id]);
}

/** What is stored may be older than the program. */
function isStored(value: unknown): value is StoredResponse {
  return typeof value === "object" && value !== null &&
    "text" in value && typeof value.text === "string" &&
    "input" in value && typeof value.input === "string";
}
