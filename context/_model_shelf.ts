import { inTime } from "./_in_time.ts";
import type { ModelListing } from "./model_cache.ts";
import type { StateStore } from "./state_store.ts";

/** A listing as it is stored. */
interface StoredListing {
  readonly address: string;
  readonly listing: ModelListing;
}

/** Whose listing, and since when. */
export interface ShelvedOptions {
  /** Where the provider is: what was stored of another place is not used. */
  readonly address: string;
  /** The time, in ms since 1970. */
  readonly now: number;
}

/** How long a stored listing is kept, in ms. */
const STORED_MS = 7 * 86_400_000;
/** How long the store is waited for, in ms. */
const WITHIN_MS = 250;

/** Keeps listings of models in a store, which is a help and no more: nothing here rejects. */
export class ModelShelf {
  readonly #store: StateStore;

  constructor(store: StateStore) {
    this.#store = store;
  }

  /** What an earlier process was told, where the store says so in time. */
  async recall(
    provider: string,
    { address }: Pick<ShelvedOptions, "address">,
  ): Promise<ModelListing | undefined> {
    try {
      const reading = this.#store.get<StoredListing>(["models", provider]);
      // One that comes late may fail unheard.
      reading.catch(() => {});
      const entry = await inTime(reading, {
        ms: WITHIN_MS,
        late: () => undefined,
      });
      const stored = entry?.value;
      return stored?.address === address ? stored.listing : undefined;
    } catch {
      return undefined;
    }
  }

  /** Stores a listing; one that is too large, or has no place now, is not stored. */
  keep(
    provider: string,
    { address, now, listing }: ShelvedOptions & {
      readonly listing: ModelListing;
    },
  ): void {
    const deadline = now + STORED_MS;
    this.#store.set(["models", provider], { address, listing }, { deadline })
      .catch(() => {});
  }
}
