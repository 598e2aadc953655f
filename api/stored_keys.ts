import type { StateStore } from "@llm-proxy/context";
import type { Logger } from "@llm-proxy/logging";
import { Access } from "./access.ts";
import { hmac, KEY_PREFIX, KeyStore } from "./key_store.ts";
import { MAX_KEYS, type StoredKey } from "./stored_key.ts";

/** How {@linkcode StoredKeys} are kept. */
export interface StoredKeysOptions {
  readonly state: StateStore;
  readonly logger: Logger;
  /** Whether somebody else may have written to the store, or may do so. */
  readonly isFollowed: boolean;
}

/** How often changes are looked for: they are to be in force within a second. */
const POLL_MS = 400;
/** How long requests may wait at the start for keys that are being read, in ms. */
const START_MS = 2_000;
/** How long keys are good of which the store says nothing any more, in ms. */
const MAX_AGE_MS = 86_400_000;

/**
 * The stored keys in memory: a request is checked without asking the store.
 * Changes that others make are noticed by a version in the store.
 */
export class StoredKeys {
  /** Writes them. */
  readonly store: KeyStore;
  readonly #logger: Logger;
  #byDigest: ReadonlyMap<string, Access> = new Map();
  #pepper: Uint8Array | undefined;
  #version: unknown;
  /** When the store was last heard of, in ms since 1970; 0 before. */
  #heardAt = 0;
  #isSilent = false;
  #loading: Promise<void> | undefined;
  #reading: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  /** Told when keys have changed. */
  onChange: () => void = () => {};
  /** Called with each look at the store, for what else is followed there. */
  onPoll: () => Promise<void> = () => Promise.resolve();

  /** Begins to read them. */
  constructor({ state, logger, isFollowed }: StoredKeysOptions) {
    this.store = new KeyStore(state);
    this.#logger = logger;
    if (!isFollowed) {
      this.#heardAt = Infinity;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = setTimeout(resolve, START_MS);
    this.#loading = promise;
    promise.then(() => {
      clearTimeout(late);
      this.#loading = undefined;
    });
    void this.#poll().then(resolve);
  }

  /** Something to wait for, briefly, while the keys are read for the first time. */
  get loading(): Promise<void> | undefined {
    return this.#loading;
  }

  /** Whether it is known which keys there are. */
  get isKnown(): boolean {
    return this.#heardAt === Infinity ||
      Date.now() - this.#heardAt < MAX_AGE_MS;
  }

  /** How many there are. */
  get size(): number {
    return this.#byDigest.size;
  }

  /** The access of a secret, whether it is good or not. */
  find(secret: string): Access | undefined {
    if (this.#pepper === undefined || this.size === 0) return undefined;
    // What is none needs no digest.
    if (!secret.startsWith(KEY_PREFIX)) return undefined;
    return this.#byDigest.get(hmac(this.#pepper, secret));
  }

  /** By digest; another map after each change. */
  get keys(): ReadonlyMap<string, Access> {
    return this.#byDigest;
  }

  /**
   * Reads them anew where they have changed; after a change of one's own it is
   * in force when this resolves.
   */
  async refresh(): Promise<void> {
    // One that began before a change may not have seen it, whatever comes of it.
    await this.#reading?.catch(() => {});
    await (this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    }));
  }

  /** Looks for changes no longer. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #poll(): Promise<void> {
    try {
      await this.refresh();
      await this.onPoll();
      if (this.#isSilent) this.#logger.warn("the stored keys are back");
      this.#isSilent = false;
    } catch (cause) {
      if (!this.#isSilent && !this.#isClosed) {
        this.#logger.error("the stored keys cannot be read", { cause });
      }
      this.#isSilent = true;
    }
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#poll(), POLL_MS);
  }

  async #read(): Promise<void> {
    // Before the rows: a change that comes meanwhile is read again.
    const version = await this.store.version();
    if (version !== this.#version) {
      const pepper = await this.store.knownPepper();
      const keys = await this.store.list();
      this.#pepper = pepper;
      this.#byDigest = accessesOf(keys);
      this.#version = version;
      this.onChange();
      if (keys.length >= MAX_KEYS) {
        this.#logger.error("there are more stored keys than are read", {
          read: MAX_KEYS,
        });
      }
    }
    if (this.#heardAt !== Infinity) this.#heardAt = Date.now();
  }
}

function accessesOf(keys: readonly StoredKey[]): Map<string, Access> {
  const accesses = new Map<string, Access>();
  for (const { digest, previous, ...terms } of keys) {
    accesses.set(digest, new Access({ ...terms, isStored: true }));
    if (previous === undefined || previous.until <= Date.now()) continue;
    const end = new Date(previous.until).toISOString();
    const { expires = end } = terms;
    const first = Date.parse(expires) < previous.until ? expires : end;
    accesses.set(
      previous.digest,
      new Access({
        ...terms,
        isStored: true,
        expires: first,
      }),
    );
  }
  return accesses;
}
